package pantry

// monday, 30 March 2026: food is taxed at 12 percent.
func monday() []order {
	return []order{
		whole("30101", moment(3, 30, 6, 12), moment(3, 30, 9, 40), one(honey, oats, jam, freight)),
		whole("30102", moment(3, 30, 7, 3), moment(3, 30, 9, 55), one(coffee, bowl, cookbook, stamps, freight)),
		// Sold at 12 percent, given back in April.
		whole("30103", moment(3, 30, 7, 48), moment(3, 30, 11, 20), []item{{honey, 2}, {coffee, 1}},
			at(moment(4, 2, 8, 15), item{honey, 2}, item{coffee, 1})),
		whole("30104", moment(3, 30, 8, 30), moment(3, 30, 12, 5), []item{{bowl, 1}, {cloth, 2}, {freight, 1}},
			at(moment(4, 1, 9, 0), item{cloth, 1})),
		{
			reference: "30105", placed: moment(3, 30, 10, 14), basket: []item{{mill, 1}, {oats, 3}, {freight, 1}},
			captures: []part{at(moment(3, 30, 13, 30), item{oats, 3}, item{freight, 1}), at(moment(3, 31, 12, 45), item{mill, 1})},
			refunds:  []part{at(moment(4, 2, 10, 30), item{mill, 1})},
		},
		whole("30106", moment(3, 30, 12, 1), moment(3, 30, 14, 10), one(mill, freight, giftCard)),
		// Cancelled before anything was delivered, and before kvitt hears of it.
		{reference: "30107", placed: moment(3, 30, 15, 20), basket: one(cloth, freight)},
	}
}

// tuesday, 31 March 2026.
func tuesday() []order {
	shared := one(coffee, bowl, freight)
	parts := [2][]item{{{oats, 4}, {freight, 1}}, {{bowl, 1}}}
	return []order{
		whole("30108", moment(3, 31, 6, 30), moment(3, 31, 9, 15), one(bowl, cloth, freight),
			at(moment(4, 2, 7, 50), item{bowl, 1}, item{keptBack, 1})),
		whole("30109", moment(3, 31, 7, 10), moment(3, 31, 9, 35), []item{{cloth, 2}, {cookbook, 1}, {freight, 1}},
			at(moment(4, 1, 12, 10), item{cloth, 1}), at(moment(4, 2, 12, 40), item{cookbook, 1})),
		// Nobody says what the 100.00 were given back for.
		whole("30110", moment(3, 31, 8, 44), moment(3, 31, 11, 0), shared,
			silently(moment(4, 2, 13, 5), item{good{price: 100_00}, 1})),
		{
			reference: "30111", placed: moment(3, 31, 9, 2), basket: append(append([]item{}, parts[0]...), parts[1]...),
			captures: []part{at(moment(3, 31, 11, 40), parts[0]...), at(moment(4, 1, 8, 20), parts[1]...)},
			refunds:  []part{silently(moment(4, 2, 14, 30), append(append([]item{}, parts[0]...), parts[1]...)...)},
		},
		whole("30112", moment(3, 31, 10, 25), moment(3, 31, 13, 15), one(bowl, cloth, welcome, freight)),
		// Ordered at 12 percent in the evening, captured after midnight, at 6.
		whole("30113", moment(3, 31, 19, 50), moment(3, 31, 22, 17), []item{{honey, 1}, {oats, 2}, {freight, 1}}),
		unheard(whole("30114", moment(3, 31, 11, 11), moment(3, 31, 14, 2), one(jam, cookbook, freight))),
	}
}

// wednesday, 1 April 2026: food is taxed at 6 percent.
func wednesday() []order {
	return []order{
		whole("30115", moment(4, 1, 5, 40), moment(4, 1, 8, 5), one(honey, oats, jam, freight)),
		whole("30116", moment(4, 1, 6, 15), moment(4, 1, 8, 30), one(mill, coffee, cookbook, stamps, freight)),
		whole("30117", moment(4, 1, 7, 1), moment(4, 1, 9, 10), []item{{honey, 2}, {jam, 1}},
			silently(moment(4, 2, 15, 0), item{honey, 2}, item{jam, 1})),
		// The rest is never delivered.
		{
			reference: "30118", placed: moment(4, 1, 7, 35), basket: []item{{oats, 2}, {mill, 2}},
			captures: []part{at(moment(4, 1, 10, 10), item{oats, 2}, item{mill, 1})},
		},
		unheard(whole("30119", moment(4, 1, 8, 50), moment(4, 1, 11, 25), one(mill, bowl, freight))),
		{reference: "30120", placed: moment(4, 1, 9, 30), basket: one(cookbook, freight), regretted: true},
	}
}

// abroad are the orders from Finland, in euro and at Swedish VAT: the shop sells too
// little there to be taxed at the destination.
func abroad() []order {
	orders := []order{
		whole("30201", moment(3, 30, 8, 5), moment(3, 30, 10, 45), []item{{bowlAbroad, 4}, {freightAbroad, 1}}),
		whole("30202", moment(3, 31, 8, 20), moment(3, 31, 12, 30), []item{{honeyAbroad, 4}, {freightAbroad, 1}}),
		whole("30203", moment(4, 1, 6, 50), moment(4, 1, 9, 45), []item{{honeyAbroad, 4}, {bowlAbroad, 2}, {freightAbroad, 1}},
			at(moment(4, 2, 9, 20), item{bowlAbroad, 1})),
	}
	for i := range orders {
		orders[i].abroad = true
	}
	return orders
}

func unheard(o order) order {
	o.unannounced = true
	return o
}
