package onboarding

import (
	"regexp"
	"strings"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/merchant"
)

// Warning is something that may be wrong without standing in the way.
type Warning struct {
	Field  string
	Reason string
}

// swedish is the form of a Swedish organisation number. A sole trader's is a
// personal identity number, which has the same form without its century.
var swedish = regexp.MustCompile(`^[0-9]{6}-[0-9]{4}$`)

// organisationNumber checks the form of the number and writes it in one way.
func organisationNumber(number, country string) (string, error) {
	number = strings.TrimSpace(number)
	if country != "SE" {
		if number == "" || len(number) > 30 {
			return "", fault.Invalid(CodeMerchantInvalid, "organisation_number", "an organisation number has 1 to 30 characters")
		}
		return number, nil
	}
	if len(number) == 10 && !strings.Contains(number, "-") {
		number = number[:6] + "-" + number[6:]
	}
	if !swedish.MatchString(number) {
		return "", fault.Invalid(CodeMerchantInvalid, "organisation_number", "a Swedish organisation number is written with six digits, a hyphen and four digits")
	}
	return number, nil
}

// Warnings tells what looks wrong in a merchant's details. A check digit that
// does not fit is one: test companies of accounting systems have such numbers.
func Warnings(m merchant.Merchant) []Warning {
	if m.Country == "SE" && !luhn(strings.ReplaceAll(m.OrganisationNumber, "-", "")) {
		return []Warning{{Field: "organisation_number", Reason: "the check digit does not fit; compare the number with the registration certificate"}}
	}
	return nil
}

// luhn checks the last digit by the rule of ISO/IEC 7812-1 annex B.
func luhn(digits string) bool {
	sum := 0
	for i := range len(digits) {
		d := int(digits[len(digits)-1-i] - '0')
		if i%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum%10 == 0
}
