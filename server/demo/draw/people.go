package draw

import "time"

// Name invents the name of a person.
func (d Seed) Name(label string) string {
	given, family := d.Person(label)
	return given + " " + family
}

// Person invents the given and the family name of a person.
func (d Seed) Person(label string) (given, family string) {
	first := []string{
		"Åsa", "Björn", "Märta", "Örjan", "Linnéa", "Sören", "Ylva", "Håkan", "Ebba", "Ragnar", "Siv", "Tove",
		"Göran", "Annika", "Ingemar", "Stina",
	}
	last := []string{
		"Ekdunge", "Lövsång", "Mossberg-Ask", "Åkerhed", "Björkhage", "Sälgström", "Rönnbärj", "Granvik-Öhn",
		"Hasselbäck", "Almgläntan", "Tallåsen", "Vidfors",
	}
	return Pick(d, first, label+"/given"), Pick(d, last, label+"/family")
}

// Birthday invents a date of birth, YYYY-MM-DD.
func (d Seed) Birthday(label string) string {
	return time.Date(1950+d.Below(50, "born/"+label), time.January, 1+d.Below(365, "day/"+label), 0, 0, 0, 0, time.UTC).Format(time.DateOnly)
}

// Street is that of an invented address.
func (d Seed) Street(label string) string {
	streets := []string{"Björkstigen", "Kvarngatan", "Ängsvägen", "Lingonbacken", "Skolgränd"}
	return Pick(d, streets, "street/"+label) + " " + string(rune('1'+d.Below(9, "house/"+label)))
}

// City is that of an invented address.
func (d Seed) City(label string) string {
	return Pick(d, []string{"Åsön", "Lövsta", "Ekeby", "Granvik"}, "city/"+label)
}

// Postcode is that of an invented address; no place in Sweden has one from 999.
func (d Seed) Postcode(label string) string {
	return "999 0" + string(rune('1'+d.Below(9, "postcode/"+label)))
}
