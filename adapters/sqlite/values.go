package sqlite

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/money"
)

// micros stores a moment; NULL if it is not set.
func micros(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UnixMicro()
}

// sortable stores a moment by which lists are ordered: one that is not set comes
// first, instead of being NULL and equal to nothing.
func sortable(t time.Time) int64 { return t.UnixMicro() }

// moment reads what micros or sortable stored.
func moment(into *time.Time) sql.Scanner {
	return scan(func(src any) error {
		switch v := src.(type) {
		case nil:
			*into = time.Time{}
		case int64:
			*into = time.UnixMicro(v).UTC()
		default:
			return fmt.Errorf("reading moment: %T", src)
		}
		return nil
	})
}

// jsonText stores JSON as it is; NULL if there is none.
func jsonText(raw json.RawMessage) any {
	if raw == nil {
		return nil
	}
	return string(raw)
}

// rawJSON reads what jsonText stored.
func rawJSON(into *json.RawMessage) sql.Scanner {
	return scan(func(src any) error {
		switch v := src.(type) {
		case nil:
			*into = nil
		case string:
			*into = json.RawMessage(v)
		default:
			return fmt.Errorf("reading JSON: %T", src)
		}
		return nil
	})
}

// encoded stores a value as JSON; NULL if it is nil.
func encoded[T any](v *T) (any, error) {
	if v == nil {
		return nil, nil
	}
	text, err := json.Marshal(v)
	return string(text), err
}

// decoded reads what encoded stored.
func decoded[T any](into **T) sql.Scanner {
	return scan(func(src any) error {
		text, ok := src.(string)
		if !ok {
			*into = nil
			return nil
		}
		*into = new(T)
		return json.Unmarshal([]byte(text), *into)
	})
}

// text reads a column that is NULL for "".
func text(into *string) sql.Scanner {
	return scan(func(src any) error {
		*into, _ = src.(string)
		return nil
	})
}

// orNull stores "" as NULL.
func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// date reads a civil date.
func date(into *civil.Date) sql.Scanner {
	return scan(func(src any) error {
		s, _ := src.(string)
		return into.UnmarshalText([]byte(s))
	})
}

// minor stores an amount beside its currency; NULL if it is not set.
func minor(a money.Amount) any {
	if a == (money.Amount{}) {
		return nil
	}
	return a.Minor()
}

// amount reads what minor stored.
func amount(units sql.NullInt64, currency string) money.Amount {
	if !units.Valid {
		return money.Amount{}
	}
	return money.New(units.Int64, money.Currency(currency))
}

// numeral stores a decimal number; NULL if it is 0.
func numeral(d decimal.Decimal) any {
	if d.IsZero() {
		return nil
	}
	return d.String()
}

// number reads what numeral stored.
func number(text string) (decimal.Decimal, error) {
	if text == "" {
		return decimal.Decimal{}, nil
	}
	return decimal.NewFromString(text)
}

// scan makes a sql.Scanner of a function.
type scan func(src any) error

// Scan reads one column.
func (s scan) Scan(src any) error { return s(src) }
