package paging

import (
	"encoding/json"
	"fmt"
	"hash/crc32"
	"strings"

	"github.com/kvitt/kvitt/core/fault"
)

// CodeCursor: a cursor that the connector has not given for this request.
const CodeCursor fault.Code = "connector.cursor_invalid"

// MaxCursor is the most bytes that a cursor may have. With 600 KiB of items it
// stays within the limits of the protocol.
const MaxCursor = 420 << 10

// Codec writes cursors that carry a T, as JSON, and reads them back. It refuses a
// cursor of another list, of another version of the connector, or one that is
// damaged. A cursor holds no secret and is no proof: whoever can make cursors up
// can make up a good one, so what a T says is checked like any input, by its
// method Valid if it has one.
type Codec[T any] struct {
	// Name names the list and the version of T, "payouts.1". It changes with the
	// meaning of T.
	Name string
}

// validated is a state that can tell whether it makes sense.
type validated interface{ Valid() bool }

// Write gives the cursor.
func (c Codec[T]) Write(state T) (string, error) {
	text, err := json.Marshal(state)
	if err != nil {
		return "", fault.New(CodeCursor, fault.Validation, "the cursor cannot be written").From(fault.Connector)
	}
	cursor := c.head(text) + string(text)
	if len(cursor) > MaxCursor {
		return "", fault.New(CodeCursor, fault.Validation, "the cursor is larger than the protocol carries").From(fault.Connector)
	}
	return cursor, nil
}

// Read gives the state in a cursor, or first for the empty cursor, which is that
// of the first page.
func (c Codec[T]) Read(cursor string, first T) (T, error) {
	if cursor == "" {
		return first, nil
	}
	var state, none T
	if !strings.HasPrefix(cursor, c.Name+":") {
		return none, Invalid("it is not a cursor of this request and version")
	}
	_, text, _ := strings.Cut(strings.TrimPrefix(cursor, c.Name+":"), ":")
	if len(cursor) > MaxCursor || !strings.HasPrefix(cursor, c.head([]byte(text))) || json.Unmarshal([]byte(text), &state) != nil {
		return none, Invalid("it is damaged")
	}
	if v, ok := any(state).(validated); ok && !v.Valid() {
		return none, Invalid("it makes no sense")
	}
	return state, nil
}

// head is the name and a checksum, which notices what was cut or changed.
func (c Codec[T]) head(text []byte) string {
	return fmt.Sprintf("%s:%08x:", c.Name, crc32.ChecksumIEEE(text))
}

// Invalid is the fault of a cursor that cannot be used, for what only the
// connector knows: a cursor of another payout.
func Invalid(reason string) *fault.Error {
	return fault.Invalid(CodeCursor, "cursor", reason).From(fault.Connector).WithRemedy("begin again without a cursor")
}
