package settlement

import (
	"context"
	"strings"

	"github.com/kvitt/kvitt/core/booking"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/ports"
)

// CodeWriteOff: a difference may not be written off.
const CodeWriteOff fault.Code = "exception.write_off_refused"

// mostReason is how long the reason of a write-off may be, in bytes.
const mostReason = 800

// ResolveWritingOff ties the line of an exception to a document and writes off what
// the two differ by, in either direction, up to the merchant's own limit. Why it is
// written off stands in the audit log.
func (s *Service) ResolveWritingOff(ctx context.Context, exceptionID, document, reason, by string) error {
	reason = strings.TrimSpace(reason)
	if reason == "" || len(reason) > mostReason {
		return fault.Invalid(CodeWriteOff, "reason", "it is not said, or not in 200 characters, why the difference is written off").
			WithRemedy("give a reason for the audit log")
	}
	return s.resolve(ctx, exceptionID, document, by, writtenOff{reason})
}

// writtenOff writes off the difference.
type writtenOff struct{ reason string }

func (w writtenOff) settle(ctx context.Context, tx ports.Tx, c *casefile, d ports.DocumentRecord) (booking.Settlement, string, error) {
	seen, err := c.seen(d)
	if err != nil {
		return booking.Settlement{}, "", err
	}
	limit := c.settings.WriteOffsUpTo(seen.Gross.Currency())
	open, err := d.Balance.Sub(d.Claimed)
	if err != nil {
		return booking.Settlement{}, "", err
	}
	detail := ""
	if rest, err := open.Sub(seen.Gross); err == nil { // else choose says that the currencies differ
		currency := " " + string(rest.Currency())
		if rest.Abs().Minor() > limit.Minor() {
			return booking.Settlement{}, "", fault.New(CodeWriteOff, fault.Conflict,
				"the line and document "+d.Number+" differ by "+rest.Abs().String()+currency+", and at most "+limit.String()+currency+" may be written off").
				WithField("write_off").WithRemedy("choose another document, correct this one in the accounting system, or raise the setting write_off_limit")
		}
		detail = ", " + rest.String() + currency + " written off: " + w.reason
	}
	settled, err := c.settlementOf(ctx, tx, seen, d, limit)
	return settled, detail, err
}
