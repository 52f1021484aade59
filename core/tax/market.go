package tax

import (
	"slices"
	"strconv"

	"github.com/kvitt/kvitt/core/fault"
)

// CodeSeller is the fault of a seller whose VAT position cannot be read.
const CodeSeller fault.Code = "tax.seller_invalid"

// Supply is what is sold, as far as VAT and accounts tell it apart. The zero
// value means goods.
type Supply string

// The closed set of supplies.
const (
	Goods      Supply = "goods"
	Services   Supply = "services"
	Freight    Supply = "freight"     // taxed as the goods it carries
	InvoiceFee Supply = "invoice_fee" // charged to the customer for paying later
	// GiftCard is a voucher that is sold; what is bought with it is another supply.
	GiftCard Supply = "gift_card"
	// PriceReduction is goodwill given after the sale.
	PriceReduction Supply = "price_reduction"
)

// Supplies gives every supply.
func Supplies() []Supply {
	return []Supply{Goods, Services, Freight, InvoiceFee, GiftCard, PriceReduction}
}

// OrGoods gives s, or Goods for the zero value.
func (s Supply) OrGoods() Supply {
	if s == "" {
		return Goods
	}
	return s
}

// Treatment is how a sale is taxed.
type Treatment string

// The closed set of treatments.
const (
	// Domestic: VAT of the seller's own country.
	Domestic Treatment = "domestic"
	// OSS: VAT of another EU country, reported in the union scheme and kept out of
	// the domestic return.
	OSS Treatment = "oss"
	// EUBusiness: no VAT, the buyer in another EU country accounts for it.
	EUBusiness Treatment = "eu_business"
	// Export: no VAT, the customer is outside the EU VAT area, or outside the
	// country of a seller that is not in the area itself.
	Export Treatment = "export"
	// Registered: VAT of a country outside the EU in which the seller is registered
	// (VOEC in Norway).
	Registered Treatment = "registered_abroad"
)

// Treatments gives every treatment.
func Treatments() []Treatment {
	return []Treatment{Domestic, OSS, EUBusiness, Export, Registered}
}

// Market is where a sale is taxed and how. It is comparable and serves as a key.
type Market struct {
	Treatment Treatment
	// Country is an ISO 3166 code: the seller's own for Domestic, also when the
	// goods go to a consumer in another EU country; else the destination. Where VAT
	// is charged, it is the country whose rates apply.
	Country string
}

// Customer is what must be known about a buyer to tax a sale.
type Customer struct {
	// Country is the ISO 3166 code of where the goods go.
	Country  string
	Postcode string
	// VATNumberValid: a business whose VAT number was valid in VIES at the time of
	// the sale. It says nothing about a customer outside the EU.
	VATNumberValid bool
}

// EUConsumers is how the seller taxes consumers in other EU countries.
type EUConsumers string

// The closed set of ways to tax consumers in other EU countries.
const (
	Origin      EUConsumers = "origin"      // below the threshold: VAT at home
	Destination EUConsumers = "destination" // above it, or opted in: OSS
	ByThreshold EUConsumers = "threshold"   // the running total decides sale by sale
)

// Seller is a merchant's VAT position. It is established in one country only, and
// its goods leave from there.
type Seller struct {
	// Country is the ISO 3166 code of where it is established.
	Country string
	// EUConsumers may be empty for a seller that has no consumer in another EU
	// country.
	EUConsumers EUConsumers
	// Registrations are the non-EU countries where the seller collects local VAT.
	Registrations []string
	// OutsidePostcodes are, by country, prefixes of postcodes outside the EU VAT
	// area that have no ISO code of their own (the Canary Islands under ES).
	OutsidePostcodes map[string][]string
}

// Validate refuses countries that are not countries, registrations inside the EU,
// empty prefixes and an unknown way to tax consumers.
func (s Seller) Validate() error {
	if err := knownCountry("seller.country", s.Country); err != nil {
		return err
	}
	if s.EUConsumers != "" && !slices.Contains([]EUConsumers{Origin, Destination, ByThreshold}, s.EUConsumers) {
		return fault.Invalid(CodeSeller, "seller.eu_consumers", "\""+string(s.EUConsumers)+"\" is not origin, destination or threshold")
	}
	for i, country := range s.Registrations {
		field := "seller.registrations[" + strconv.Itoa(i) + "]"
		if err := knownCountry(field, country); err != nil {
			return err
		}
		if EU(country) {
			return fault.Invalid(CodeSeller, field, country+" is in the EU VAT area, where consumers are taxed at home or through OSS").
				WithRemedy("List only countries outside the EU")
		}
	}
	return s.validatePostcodes()
}

// Decide gives the market of a sale of goods, and of what follows goods. crossed
// says whether the running total, this sale included, exceeds the threshold (see
// Threshold); only a seller ByThreshold heeds it. Its rules: ML (2023:200) 6 kap.
// 62-65 §§ and 22 kap. for a Swedish seller, Directive 2006/112/EC articles 33
// and 59c for any in the EU.
//
// A postcode the seller listed as outside the area is an export even from the
// same country (Spain to the Canary Islands). Value limits of a foreign scheme,
// such as NOK 3 000 per item under VOEC, are not looked at.
func Decide(s Seller, c Customer, crossed bool) (Market, error) {
	if err := s.Validate(); err != nil {
		return Market{}, err
	}
	if err := knownCountry("customer.country", c.Country); err != nil {
		return Market{}, err
	}
	home, destination := vatCountry(s.Country, ""), vatCountry(c.Country, c.Postcode)
	switch {
	case s.outside(c):
		return Market{Export, destination}, nil
	case sameCountry(home, destination):
		return Market{Domestic, home}, nil
	case slices.ContainsFunc(s.Registrations, func(r string) bool { return vatCountry(r, "") == destination }):
		return Market{Registered, destination}, nil
	case !EU(home) || !EU(destination):
		return Market{Export, destination}, nil
	case c.VATNumberValid:
		return Market{EUBusiness, destination}, nil
	}
	return consumer(s.EUConsumers, home, destination, crossed)
}

// consumer decides a sale to a consumer in another EU country.
func consumer(way EUConsumers, home, destination string, crossed bool) (Market, error) {
	switch {
	case way == "":
		return Market{}, fault.Invalid(CodeSeller, "seller.eu_consumers", "nobody has said how consumers in other EU countries are taxed, and one in "+destination+" bought").
			WithRemedy("Choose origin (VAT at home, below the threshold), destination (OSS) or threshold (the running total decides)")
	case way == Destination, way == ByThreshold && crossed:
		return Market{OSS, destination}, nil
	default:
		return Market{Domestic, home}, nil
	}
}
