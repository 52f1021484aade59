package pantry

import (
	"time"

	"github.com/kvitt/kvitt/server/demo/world"
)

// good is something that the shop sells, at a price in minor units that includes VAT.
type good struct {
	name  string
	kind  string // Klarna's type of the order line
	taxed category
	price int64
}

// category decides the rate of VAT.
type category int

const (
	standard category = iota
	food
	book
	exempt // postage stamps, sold at their face value
)

// foodAtSix is the day from which food is taxed at 6 instead of 12 percent
// (Swedish government bill 2025/26:55).
var foodAtSix = time.Date(2026, time.March, 31, 22, 0, 0, 0, time.UTC)

// rate gives the rate in percent at a moment.
func (c category) rate(at time.Time) int64 {
	switch {
	case c == standard:
		return 25
	case c == food && at.Before(foodAtSix):
		return 12
	case c == food, c == book:
		return 6
	}
	return 0
}

var (
	honey    = good{"Honung, 700 g", "physical", food, 129_00}
	oats     = good{"Havregryn, 2 kg", "physical", food, 49_90}
	jam      = good{"Lingonsylt", "physical", food, 64_50}
	coffee   = good{"Kokkaffe, 450 g", "physical", food, 89_00}
	mill     = good{"Havrekross", "physical", standard, 1_895_00}
	bowl     = good{"Degskål", "physical", standard, 249_00}
	cloth    = good{"Bakduk", "physical", standard, 119_90}
	cookbook = good{"Bok: Bröd på havre", "physical", book, 279_00}
	stamps   = good{"Frimärken, häfte", "physical", exempt, 185_00}
	freight  = good{"Frakt, ombud", "shipping_fee", standard, 59_00}

	welcome  = good{"Välkomstrabatt", "discount", standard, -50_00}
	giftCard = good{"Presentkort", "gift_card", exempt, -500_00}
	keptBack = good{"Returavgift", "return_fee", standard, -39_00}

	honeyAbroad   = good{"Honey, 700 g", "physical", food, 12_50}
	bowlAbroad    = good{"Mixing bowl", "physical", standard, 25_00}
	freightAbroad = good{"Parcel abroad", "shipping_fee", standard, 15_00}
)

// item is one row of a basket.
type item struct {
	good
	quantity int64
}

func one(goods ...good) []item {
	items := make([]item, 0, len(goods))
	for _, g := range goods {
		items = append(items, item{g, 1})
	}
	return items
}

func value(items []item) int64 {
	var sum int64
	for _, i := range items {
		sum += i.price * i.quantity
	}
	return sum
}

// lines writes items as Klarna has them, at the rates of the moment at which they were
// ordered.
func lines(items []item, ordered time.Time) []world.OrderLine {
	var all []world.OrderLine
	for _, i := range items {
		rate, total := i.taxed.rate(ordered), i.price*i.quantity
		all = append(all, world.OrderLine{
			Type: i.kind, Name: i.name, Quantity: i.quantity, UnitPrice: i.price, TaxRate: 100 * rate, TotalAmount: total, TotalTax: taxIn(total, rate),
		})
	}
	return all
}

// taxIn is the VAT in an amount that includes it, half a minor unit rounded away from
// zero.
func taxIn(gross, rate int64) int64 {
	if gross < 0 {
		return -taxIn(-gross, rate)
	}
	return (2*gross*rate + 100 + rate) / (2 * (100 + rate))
}
