package world

import (
	"time"
)

// good is something that the shop sells, at a price that includes VAT.
type good struct {
	name  string
	taxed category
	price ore
}

// category decides the rate of VAT, and with it the account of the sale.
type category int

const (
	standard category = iota // plants, pots, freight
	food
	book
	exempt // insurance passed on
)

// foodAtSix is the day from which food is taxed at 6 instead of 12 percent
// (Swedish government bill 2025/26:55).
var foodAtSix = time.Date(2026, time.April, 1, 0, 0, 0, 0, sweden)

// vat gives the rate in percent on the day of the supply.
func (c category) vat(day time.Time) int {
	switch {
	case c == standard:
		return 25
	case c == food && day.Before(foodAtSix):
		return 12
	case c == food, c == book:
		return 6
	default:
		return 0
	}
}

// salesAccount is the account of the BAS chart for sales at a rate of VAT.
func salesAccount(vat int) int {
	switch vat {
	case 25:
		return 3001
	case 12:
		return 3002
	case 6:
		return 3003
	default:
		return 3004
	}
}

var (
	freight   = good{"Frakt, ombud", standard, 49_00}
	insurance = good{"Transportförsäkring, momsfri", exempt, 15_00}
	returnFee = good{"Returavgift", standard, 5_00}
	vase      = good{"Vas, glas", standard, 50_00} // charged with tooMuch, and on no invoice

	oliveTree = good{"Olivträd, högstam", standard, 1_495_00}
	lemonTree = good{"Citronträd i kruka", standard, 1_149_00}
	honey     = good{"Honung från Åsön, 700 g", food, 119_00}
	oil       = good{"Olivolja, kallpressad", food, 164_50}
	tea       = good{"Örtte, löst", food, 64_50}
	plantBook = good{"Bok: Krukväxter året om", book, 249_00}
	cactus    = good{"Kaktus i glas", standard, 100_00}
	monstera  = good{"Monstera", standard, 399_00}
	orchid    = good{"Orkidé, två stänglar", standard, 179_90}
	pot       = good{"Kruka, terrakotta 19 cm", standard, 89_00}
	soil      = good{"Blomjord 12 l", standard, 59_95}
	shears    = good{"Sekatör", standard, 349_00}
	fern      = good{"Ormbunke", standard, 129_00}
	lavender  = good{"Lavendel, tre plantor", standard, 109_70}
	seeds     = good{"Fröpåse, blandad ängsblom", standard, 42_00}
	wateringC = good{"Vattenkanna, förzinkad", standard, 275_00}
	jam       = good{"Rabarbermarmelad", food, 74_00}
	gardenB   = good{"Bok: Köksträdgården", book, 289_00}
)

// assortment is what ordinary baskets are drawn from.
func assortment() []good {
	return []good{
		honey, oil, tea, plantBook, cactus, monstera, orchid, pot, soil, shears, fern, lavender, seeds, wateringC,
		jam, gardenB,
	}
}

// sweden is Swedish summer time, in which the whole story takes place.
var sweden = time.FixedZone("CEST", 2*60*60)

// swedishDate is the civil date of a moment in Sweden.
func swedishDate(moment time.Time) string { return moment.In(sweden).Format(time.DateOnly) }
