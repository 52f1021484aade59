package world

import "time"

// The orders with a part in the story, by merchant_reference1. All others are
// ordinary sales.
const (
	// afterMidnight is captured in the night in which the rate on food changes.
	afterMidnight = "12310"

	noInvoice = "12318" // exception: nobody made an invoice
	tooMuch   = "12325" // exception: 549.00 captured on an invoice of 499.00
	byHand    = "12341" // exception: somebody has registered a payment on the bank account

	defaulted = "12302" // the customer did not pay, Klarna takes the money back
	disputed  = "12311" // the dispute was decided for the customer

	returnWithFee = "12304" // 100.00 of goods came back, 5.00 kept as return fee
	together      = "12321" // sold and refunded within one payout
)

// dispute fee, a service of Klarna without VAT in this story.
const disputeFee ore = 250_00

func chosenBaskets() map[string][]item {
	return map[string][]item{
		defaulted:     {{shears, 1}, {orchid, 1}, {freight, 1}},
		returnWithFee: {{cactus, 2}, {monstera, 1}, {freight, 1}},
		"12306":       {{monstera, 1}, {honey, 2}, {plantBook, 1}, {insurance, 1}},
		"12309":       {{pot, 3}, {fern, 2}, {soil, 2}},
		afterMidnight: {{honey, 1}, {tea, 2}, {lavender, 1}, {freight, 1}},
		disputed:      {{lemonTree, 1}, {insurance, 1}},
		"12313":       {{oliveTree, 1}, {pot, 1}, {insurance, 1}},
		"1232":        {{orchid, 1}, {jam, 1}},
		"12316":       {{oliveTree, 1}},
		noInvoice:     {{shears, 1}, {seeds, 1}, {freight, 1}},
		together:      {{gardenB, 1}, {tea, 1}, {freight, 1}},
		"12322":       {{lemonTree, 2}},
		// The invoice; the customer was charged for a vase that is not on it.
		tooMuch: {{monstera, 1}, {cactus, 1}},
		"12329": {{wateringC, 2}, {gardenB, 1}, {honey, 1}},
		"12335": {{fern, 2}, {oil, 1}, {freight, 1}},
		byHand:  {{monstera, 1}, {pot, 1}},
	}
}

// refunds are told in the order in which they happened. Each one leaves the rate of
// VAT as it was when the goods were sold.
func refunds(s story) []refund {
	all := func(reference string) []item { return s.find(reference).basket }
	return []refund{
		{"1232", 1, moment(4, 2, 13, 10), all("1232"), nil},
		// Food at 12 percent, sold in March and returned in April.
		{"12306", 1, moment(4, 3, 9, 25), all("12306"), nil},
		{"12309", 1, moment(4, 4, 11, 40), []item{{pot, 1}}, nil},
		{returnWithFee, 1, moment(4, 7, 7, 55), []item{{cactus, 1}}, []item{{returnFee, 1}}},
		{together, 1, s.find(together).captured.Add(26 * time.Hour), all(together), nil},

		{"12313", 2, moment(4, 9, 14, 5), all("12313"), nil},
		{"12316", 2, moment(4, 10, 8, 30), all("12316"), nil},
		{"12322", 2, moment(4, 11, 16, 45), all("12322"), nil},
		{"12329", 2, moment(4, 13, 10, 20), []item{{wateringC, 2}}, nil},

		{"12335", 3, moment(4, 15, 9, 50), []item{{fern, 1}}, nil},
	}
}

// find gives an order that the plot names.
func (s story) find(reference string) order {
	for _, o := range s.orders {
		if o.reference == reference {
			return o
		}
	}
	return order{}
}
