package wire

import (
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/money"
	pb "github.com/kvitt/kvitt/sdk/connectorpb"
)

// CodeMessage: a request or an answer holds a value that the protocol does not
// allow, such as an unknown currency or a date that does not exist.
const CodeMessage fault.Code = "connector.invalid_message"

// mapping turns Go values into messages and back. It keeps the first value that
// has no counterpart, so that the functions that use it stay plain assignments.
type mapping struct {
	list  string
	index int
	err   *fault.Error
}

// item says that what follows belongs to one item of a list.
func (m *mapping) item(list string, index int) { m.list, m.index = list, index }

func (m *mapping) fail(field, reason string) {
	if m.err != nil {
		return
	}
	if m.list != "" {
		field = m.list + "[" + strconv.Itoa(m.index) + "]." + field
	}
	m.err = fault.Invalid(CodeMessage, field, reason)
}

func (m *mapping) failWith(field string, err error) {
	if f := fault.Of(err); f != nil {
		m.fail(field, f.Reason)
		return
	}
	m.fail(field, "is not valid")
}

// toMoney leaves an amount that is not set out of the message.
func (m *mapping) toMoney(a money.Amount) *pb.Money {
	if a == (money.Amount{}) {
		return nil
	}
	return &pb.Money{Minor: a.Minor(), Currency: string(a.Currency())}
}

func (m *mapping) fromMoney(field string, in *pb.Money) money.Amount {
	if in == nil {
		return money.Amount{}
	}
	currency := m.fromCurrency(field, in.GetCurrency())
	if in.GetMinor() == math.MinInt64 {
		m.fail(field, "the amount does not fit in 64 bits on both sides of zero")
	}
	return money.New(in.GetMinor(), currency)
}

// toDecimal leaves a number that is not set out of the message.
func toDecimal(d decimal.Decimal) string {
	if d.IsZero() {
		return ""
	}
	return d.String()
}

// mostDigits is more than any number has on either side of the decimal point.
const mostDigits = 64

// fromDecimal reads a plain decimal number: no exponent, no sign but a minus.
func (m *mapping) fromDecimal(field, in string) decimal.Decimal {
	if in == "" {
		return decimal.Decimal{}
	}
	d, err := decimal.NewFromString(in)
	if err != nil || len(in) > 2*mostDigits || strings.Trim(in, "-.0123456789") != "" {
		m.fail(field, "the text is not a decimal number such as 11.4020")
		return decimal.Decimal{}
	}
	return d
}

func (m *mapping) fromCurrency(field, in string) money.Currency {
	currency, err := money.ParseCurrency(in)
	if err != nil {
		m.failWith(field, err)
	}
	return currency
}

func (m *mapping) fromDate(field, in string) civil.Date {
	var d civil.Date
	if err := d.UnmarshalText([]byte(in)); err != nil {
		m.failWith(field, err)
	}
	return d
}

func (m *mapping) toTime(t time.Time) *timestamppb.Timestamp {
	if t.IsZero() {
		return nil
	}
	return timestamppb.New(t)
}

func (m *mapping) fromTime(field string, in *timestamppb.Timestamp) time.Time {
	if in == nil {
		return time.Time{}
	}
	if err := in.CheckValid(); err != nil {
		m.fail(field, "the moment is out of range")
	}
	return in.AsTime()
}

func (m *mapping) toDuration(d time.Duration) *durationpb.Duration {
	if d == 0 {
		return nil
	}
	return durationpb.New(d)
}

func (m *mapping) fromDuration(field string, in *durationpb.Duration) time.Duration {
	if in == nil {
		return 0
	}
	if err := in.CheckValid(); err != nil {
		m.fail(field, "the duration is out of range")
	}
	return in.AsDuration()
}

func (m *mapping) toInt32(field string, n int) int32 {
	if n < math.MinInt32 || n > math.MaxInt32 {
		m.fail(field, "the number does not fit in 32 bits")
		return 0
	}
	return int32(n)
}

// toEnum finds the number of a Go name. A name without a number is an error: a
// value of a closed set must never cross as something else.
func toEnum[K ~string, E ~int32](m *mapping, field string, table map[K]E, name K) E {
	e, ok := table[name]
	if !ok {
		m.fail(field, "\""+string(name)+"\" is not one of the values of this field")
	}
	return e
}

func fromEnum[K ~string, E ~int32](m *mapping, field string, table map[K]E, number E) K {
	for name, e := range table {
		if e == number {
			return name
		}
	}
	m.fail(field, strconv.Itoa(int(number))+" is not one of the values of this field")
	return ""
}

// each maps a list; an empty one becomes nil on either side.
func each[In, Out any](m *mapping, list string, in []In, one func(*mapping, In) Out) []Out {
	if len(in) == 0 {
		return nil
	}
	out := make([]Out, len(in))
	for i, v := range in {
		m.item(list, i)
		out[i] = one(m, v)
	}
	m.item("", 0)
	return out
}

// toReferences gives a list because protobuf's maps take twice the time, and a
// payout may have a million lines.
func toReferences[Name ~string](in map[Name]string) []*pb.Reference {
	if len(in) == 0 {
		return nil
	}
	out := make([]*pb.Reference, 0, len(in))
	for name, value := range in {
		out = append(out, &pb.Reference{Name: string(name), Value: value})
	}
	return out
}

func fromReferences[Name ~string](m *mapping, in []*pb.Reference) map[Name]string {
	if len(in) == 0 {
		return nil
	}
	out := make(map[Name]string, len(in))
	for _, r := range in {
		out[Name(r.GetName())] = r.GetValue()
	}
	if len(out) != len(in) {
		m.fail("references", "a name stands there twice")
	}
	return out
}
