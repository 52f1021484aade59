package onboarding

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/kvitt/kvitt/core/flow/walk"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/ports"
)

// CodeMerchantInvalid: a detail of a merchant makes no sense.
const CodeMerchantInvalid fault.Code = "merchant.invalid"

// NewMerchant is what must be known of a merchant.
type NewMerchant struct {
	// ID is empty for a new one. A merchant that has this id already is returned
	// as it is, so that a request may be repeated.
	ID                 string
	Name               string
	OrganisationNumber string
	Country            string
	Zone               string
	Currency           string
}

// CreateMerchant keeps a new merchant.
func (s *Service) CreateMerchant(ctx context.Context, in NewMerchant, by string) (merchant.Merchant, error) {
	m, err := in.merchant()
	if err != nil {
		return merchant.Merchant{}, err
	}
	if m.ID, err = s.identity(in.ID, "merchant-"); err != nil {
		return merchant.Merchant{}, err
	}
	m.CreatedAt = s.now()
	created := act{merchant: m.ID, by: by, name: "merchant.created", subject: m.ID, detail: m.Name}
	err = s.update(ctx, created, func(ctx context.Context, tx ports.Tx) error { return tx.Merchants().Create(ctx, m) })
	if fault.CodeOf(err) == ports.CodeExists {
		return s.Merchant(ctx, m.ID)
	}
	return m, err
}

// Merchant gives one merchant.
func (s *Service) Merchant(ctx context.Context, id string) (merchant.Merchant, error) {
	return walk.View(ctx, s.parts.Store, func(ctx context.Context, tx ports.Tx) (merchant.Merchant, error) {
		return tx.Merchants().Get(ctx, id)
	})
}

// Merchants lists merchants by id.
func (s *Service) Merchants(ctx context.Context, page ports.Page) ([]merchant.Merchant, error) {
	return walk.View(ctx, s.parts.Store, func(ctx context.Context, tx ports.Tx) ([]merchant.Merchant, error) {
		return tx.Merchants().List(ctx, page)
	})
}

func (in NewMerchant) merchant() (merchant.Merchant, error) {
	name := strings.TrimSpace(in.Name)
	if name == "" || utf8.RuneCountInString(name) > 200 {
		return merchant.Merchant{}, fault.Invalid(CodeMerchantInvalid, "name", "a merchant has a name of 1 to 200 characters")
	}
	if !knownCountry(in.Country) {
		return merchant.Merchant{}, fault.Invalid(CodeMerchantInvalid, "country", "this is not an ISO 3166 country code in upper case, such as SE")
	}
	number, err := organisationNumber(in.OrganisationNumber, in.Country)
	if err != nil {
		return merchant.Merchant{}, err
	}
	if err := knownZone(in.Zone); err != nil {
		return merchant.Merchant{}, err
	}
	currency, err := money.ParseCurrency(in.Currency)
	if err != nil {
		return merchant.Merchant{}, fault.Invalid(CodeMerchantInvalid, "currency", "this is not a current ISO 4217 currency code, such as SEK")
	}
	return merchant.Merchant{
		Name: name, OrganisationNumber: number, Country: in.Country, Zone: in.Zone, Currency: currency,
	}, nil
}

func knownZone(zone string) error {
	// "" and "Local" are the machine's own ideas, not the merchant's.
	if _, err := time.LoadLocation(zone); err != nil || zone == "" || zone == "Local" {
		return fault.Invalid(CodeMerchantInvalid, "zone", "this is not an IANA time zone, such as Europe/Stockholm")
	}
	return nil
}

// countries are the ISO 3166-1 alpha-2 codes.
const countries = " AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ " +
	"CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR " +
	"GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP " +
	"KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT " +
	"MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW " +
	"SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG " +
	"UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW "

func knownCountry(code string) bool {
	return len(code) == 2 && strings.Contains(countries, " "+code+" ")
}
