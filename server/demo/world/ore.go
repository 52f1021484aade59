package world

import "fmt"

// ore is an amount in öre, Klarna's minor unit.
type ore int64

// String gives kronor as Fortnox reads them: two decimals and a dot.
func (o ore) String() string {
	sign := ""
	if o < 0 {
		sign, o = "-", -o
	}
	return fmt.Sprintf("%s%d.%02d", sign, o/100, o%100)
}

// share gives rate/base of an amount that is not negative, rounded half up to a
// whole öre.
func (o ore) share(rate, base ore) ore { return (o*rate + base/2) / base }
