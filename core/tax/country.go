package tax

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/kvitt/kvitt/core/fault"
)

// CodeCountry is the fault of a text that is not the code of a country.
const CodeCountry fault.Code = "tax.country_unknown"

// countries are the codes of ISO 3166-1 alpha-2, with the two user-assigned ones
// that trade uses: XI (Northern Ireland) and XK (Kosovo).
const countries = `
AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ
CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR
GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT
JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY
MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM
PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ
TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS XI XK YE YT ZA ZM ZW `

// euVATArea are the member states of the EU, and the places that are treated as
// part of it for goods: Monaco (as France) and Northern Ireland. Territories of
// member states that lie outside the area have codes of their own (AX, FO, GL,
// GP, MQ, RE, GF, YT) and so are not in the list.
const euVATArea = " AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MC MT NL PL PT RO SE SI SK XI "

// EU reports whether goods sent to the country, an ISO 3166 code, stay in the EU
// VAT area (Directive 2006/112/EC articles 5-8; Northern Ireland by the Windsor
// Framework, for goods alone).
func EU(country string) bool { return listed(euVATArea, country) }

// VATPrefix gives the prefix of VAT numbers of the country: its ISO code, but EL
// for Greece.
func VATPrefix(country string) string {
	if country == "GR" {
		return "EL"
	}
	return country
}

// vatCountry gives the country whose VAT law covers the place: Monaco is France,
// the Isle of Man is the United Kingdom (Directive 2006/112/EC article 7), and
// British postcodes that begin with BT are in Northern Ireland.
func vatCountry(country, postcode string) string {
	switch {
	case country == "MC":
		return "FR"
	case country == "IM":
		return "GB"
	case country == "GB" && strings.HasPrefix(plainPostcode(country, postcode), "BT"):
		return "XI"
	}
	return country
}

// sameCountry reports whether a sale from home to the destination stays at home.
// Great Britain and Northern Ireland are one, whichever way the goods go.
func sameCountry(home, destination string) bool {
	const kingdom = " GB XI "
	return home == destination || listed(kingdom, home) && listed(kingdom, destination)
}

func knownCountry(field, country string) error {
	if listed(countries, country) {
		return nil
	}
	unknown := fault.Invalid(CodeCountry, field, strconv.Quote(country)+" is not a country code of ISO 3166, two capital letters")
	switch country {
	case "EL":
		return unknown.WithRemedy("Write GR for Greece, EL is only the prefix of its VAT numbers")
	case "UK":
		return unknown.WithRemedy("Write GB for the United Kingdom")
	}
	return unknown.WithRemedy("Write the code of the country, such as SE")
}

// listed reports whether a code of two letters stands in a list that is parted by
// white space. No code holds a space, so none is found across two of them.
func listed(list, code string) bool {
	return len(code) == 2 && !strings.ContainsAny(code, " \n") && strings.Contains(list, code)
}

// outside reports whether the seller listed the customer's postcode.
func (s Seller) outside(c Customer) bool {
	postcode := plainPostcode(c.Country, c.Postcode)
	return slices.ContainsFunc(s.OutsidePostcodes[c.Country], func(prefix string) bool {
		return strings.HasPrefix(postcode, plainPostcode(c.Country, prefix))
	})
}

func (s Seller) validatePostcodes() error {
	for _, country := range slices.Sorted(maps.Keys(s.OutsidePostcodes)) {
		field := "seller.outside_postcodes." + country
		if err := knownCountry(field, country); err != nil {
			return err
		}
		for i, prefix := range s.OutsidePostcodes[country] {
			if plainPostcode(country, prefix) == "" {
				return fault.Invalid(CodeSeller, field+"["+strconv.Itoa(i)+"]", "an empty prefix would put the whole country outside the EU VAT area")
			}
		}
	}
	return nil
}

// plainPostcode drops what people write differently: case, spaces, hyphens and
// the country before a hyphen (FI-22 100 is 22100).
func plainPostcode(country, postcode string) string {
	upper := strings.ToUpper(strings.TrimSpace(postcode))
	return strings.NewReplacer(" ", "", "-", "").Replace(strings.TrimPrefix(upper, country+"-"))
}
