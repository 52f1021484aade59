package wire_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"reflect"
	"time"

	"github.com/shopspring/decimal"
	"pgregory.net/rapid"

	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/exchange"
	"github.com/kvitt/kvitt/core/invoice"
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/order"
	"github.com/kvitt/kvitt/core/payment"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/core/tax"
	"github.com/kvitt/kvitt/ports"
)

// filler makes values of any type by walking its fields, so that a field that is
// added to a request and forgotten in the mapping fails the round trip.
type filler struct{ t *rapid.T }

func generate[T any](t *rapid.T) T {
	var v T
	filler{t}.fill(reflect.ValueOf(&v).Elem(), reflect.TypeFor[T]().String())
	return v
}

func pick[T any](f filler, label string, from ...T) T {
	return rapid.SampledFrom(from).Draw(f.t, label)
}

// special makes the values that have rules of their own.
func (f filler) special(want reflect.Type, label string) (any, bool) {
	switch want {
	case reflect.TypeFor[money.Amount]():
		return f.amount(label), true
	case reflect.TypeFor[decimal.Decimal]():
		return f.number(label), true
	case reflect.TypeFor[exchange.Rate]():
		return f.rate(label), true
	case reflect.TypeFor[civil.Date]():
		return f.date(label), true
	case reflect.TypeFor[time.Time]():
		return f.moment(label), true
	case reflect.TypeFor[time.Duration]():
		return time.Duration(rapid.Int64Range(0, int64(1000*time.Hour)).Draw(f.t, label)), true
	case reflect.TypeFor[ledger.Voucher]():
		return f.voucher(label), true
	case reflect.TypeFor[ports.RawPage]():
		return f.rawPage(label), true
	case reflect.TypeFor[json.RawMessage]():
		return pick(f, label, nil, json.RawMessage(`{"a":1}`), json.RawMessage(`{}`)), true
	case reflect.TypeFor[payout.Kind]():
		return pick(f, label, payout.Kinds()...), true
	case reflect.TypeFor[invoice.Kind]():
		return pick(f, label, invoice.Invoice, invoice.Credit), true
	case reflect.TypeFor[ports.Outcome]():
		return pick(f, label, ports.Created, ports.Found), true
	case reflect.TypeFor[ports.CheckState]():
		return pick(f, label, ports.CheckOK, ports.CheckWarning, ports.CheckFailed), true
	case reflect.TypeFor[ports.CapabilityState]():
		return pick(f, label, ports.CapabilityUnknown, ports.CapabilityVerified, ports.CapabilityRefused), true
	case reflect.TypeFor[ports.ChoiceKind]():
		return pick(f, label, ports.ChooseAccount, ports.ChooseVoucherSeries, ports.ChooseModeOfPayment), true
	case reflect.TypeFor[ports.Subject]():
		return pick(f, label, ports.Subjects()...), true
	case reflect.TypeFor[payment.Kind]():
		return pick(f, label, payment.Prepare, payment.Payment, payment.Deposit, payment.Refund, payment.Credit, payment.Cancel), true
	case reflect.TypeFor[tax.Supply]():
		return pick(f, label, append(tax.Supplies(), "")...), true
	case reflect.TypeFor[tax.Rate]():
		return f.vatRate(label), true
	case reflect.TypeFor[money.Currency]():
		return pick(f, label, money.Currency("SEK"), "EUR", "JPY"), true
	case reflect.TypeFor[tax.Treatment]():
		return pick(f, label, tax.Treatments()...), true
	case reflect.TypeFor[order.RowKind]():
		return pick(f, label, order.RowKinds()...), true
	case reflect.TypeFor[order.PurchaseState]():
		return pick(f, label, order.PurchaseStates()...), true
	case reflect.TypeFor[order.Row]():
		return f.saleRow(label), true
	case reflect.TypeFor[payment.Event]():
		return f.event(label), true
	case reflect.TypeFor[ports.Recovery]():
		return pick(f, label, ports.RecoveryNone, ports.RecoveryKeyed, ports.RecoverySearchable,
			ports.RecoveryByState, ports.RecoveryByDifference, ports.RecoveryUnsafe), true
	}
	return nil, false
}

func (f filler) fill(v reflect.Value, label string) {
	if made, ok := f.special(v.Type(), label); ok {
		if m := reflect.ValueOf(made); m.IsValid() {
			v.Set(m)
		}
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			f.fill(v.Field(i), label+"."+v.Type().Field(i).Name)
		}
	case reflect.Pointer:
		if rapid.Bool().Draw(f.t, label+" set") {
			v.Set(reflect.New(v.Type().Elem()))
			f.fill(v.Elem(), label)
		}
	case reflect.Slice:
		f.fillSlice(v, label)
	case reflect.Map:
		f.fillMap(v, label)
	case reflect.String:
		v.SetString(rapid.StringN(0, 12, 40).Draw(f.t, label))
	case reflect.Bool:
		v.SetBool(rapid.Bool().Draw(f.t, label))
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(rapid.Int32().Draw(f.t, label)))
	case reflect.Uint8:
		v.SetUint(uint64(rapid.Byte().Draw(f.t, label)))
	default:
		f.t.Fatalf("no generator for %s at %s", v.Type(), label)
	}
}

// An empty list and none are the same on the wire; none is what comes out.
func (f filler) fillSlice(v reflect.Value, label string) {
	n := rapid.IntRange(0, 3).Draw(f.t, label+" length")
	if n == 0 {
		return
	}
	v.Set(reflect.MakeSlice(v.Type(), n, n))
	for i := range n {
		f.fill(v.Index(i), label+"[]")
	}
}

func (f filler) fillMap(v reflect.Value, label string) {
	n := rapid.IntRange(0, 3).Draw(f.t, label+" size")
	if n == 0 {
		return
	}
	v.Set(reflect.MakeMap(v.Type()))
	for range n {
		key := reflect.New(v.Type().Key()).Elem()
		value := reflect.New(v.Type().Elem()).Elem()
		f.fill(key, label+" key")
		f.fill(value, label+" value")
		v.SetMapIndex(key, value)
	}
}

func (f filler) amount(label string) money.Amount {
	if !rapid.Bool().Draw(f.t, label+" set") {
		return money.Amount{}
	}
	minor := rapid.Int64().Filter(func(n int64) bool { return n != -1<<63 }).Draw(f.t, label)
	return money.New(minor, pick(f, label+" currency", money.Currency("SEK"), "EUR", "JPY", "KWD"))
}

// number has no zeros at its end, as it comes off the wire.
func (f filler) number(label string) decimal.Decimal {
	if !rapid.Bool().Draw(f.t, label+" set") {
		return decimal.Decimal{}
	}
	return decimal.RequireFromString(decimal.New(rapid.Int64Range(1, 1e12).Draw(f.t, label), -rapid.Int32Range(0, 9).Draw(f.t, label+" decimals")).String())
}

func (f filler) rate(label string) exchange.Rate {
	return exchange.Rate{
		From: pick(f, label+" from", money.Currency("EUR"), "JPY"), To: pick(f, label+" to", money.Currency("SEK"), "NOK"),
		Value: f.number(label), Source: pick(f, label+" source", exchange.Sources()...), On: f.date(label + " on"),
	}
}

func (f filler) date(label string) civil.Date {
	if !rapid.Bool().Draw(f.t, label+" set") {
		return civil.Date{}
	}
	return civil.Of(time.Unix(rapid.Int64Range(-2e9, 5e9).Draw(f.t, label), 0).UTC())
}

func (f filler) moment(label string) time.Time {
	if !rapid.Bool().Draw(f.t, label+" set") {
		return time.Time{}
	}
	return time.Unix(rapid.Int64Range(-2e9, 5e9).Draw(f.t, label), rapid.Int64Range(0, 1e9-1).Draw(f.t, label+" ns")).UTC()
}

func (f filler) rawPage(label string) ports.RawPage {
	bytes := rapid.SliceOfN(rapid.Byte(), 1, 64).Draw(f.t, label)
	sum := sha256.Sum256(bytes)
	return ports.RawPage{
		SHA256: hex.EncodeToString(sum[:]), MediaType: pick(f, label+" type", "", "application/json"), Bytes: bytes,
	}
}

func (f filler) vatRate(label string) tax.Rate {
	hundredths := rapid.Int64Range(0, 100_00).Draw(f.t, label)
	rate, err := tax.ParseRate(fmt.Sprintf("%d.%02d", hundredths/100, hundredths%100))
	if err != nil {
		f.t.Fatalf("making a rate: %v", err)
	}
	return rate
}

// event makes an event without order and origin, which a shop does not state.
func (f filler) event(label string) payment.Event {
	var e payment.Event
	v := reflect.ValueOf(&e).Elem()
	for i := range v.NumField() {
		f.fill(v.Field(i), label+"."+v.Type().Field(i).Name)
	}
	e.Order, e.Origin = "", ""
	return e
}

// voucher makes pairs of rows that cancel out.
func (f filler) voucher(label string) ledger.Voucher {
	var rows []ledger.Row
	for range rapid.IntRange(1, 4).Draw(f.t, label+" pairs") {
		amount := money.New(rapid.Int64Range(1, 1e12).Draw(f.t, label), "SEK")
		account := ledger.Account(rapid.StringMatching(`[1-8][0-9]{3}`).Draw(f.t, label+" account"))
		text := rapid.StringN(0, 12, 40).Draw(f.t, label+" text")
		rows = append(rows,
			ledger.Row{Account: account, Amount: amount, Meaning: "debit", Text: text},
			ledger.Row{Account: account, Amount: amount.Neg(), Meaning: "credit", Text: text})
	}
	v, err := ledger.New(f.date(label+" date"), rapid.StringN(0, 12, 40).Draw(f.t, label+" voucher text"), rows)
	if err != nil {
		f.t.Fatalf("making a voucher: %v", err)
	}
	return v
}

// saleRow makes a row whose quantity is not negative, as the sign stands in the amount.
func (f filler) saleRow(label string) order.Row {
	type plain order.Row // its fields without its rule
	var row plain
	f.fill(reflect.ValueOf(&row).Elem(), label)
	row.Quantity = row.Quantity.Abs()
	return order.Row(row)
}
