package settlement

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/ports"
)

// CodeParkingInvalid: an exception cannot be set aside like this.
const CodeParkingInvalid fault.Code = "exception.parking_invalid"

// Park sets an open exception aside with a note, until the beginning of a day of the
// merchant's if one is given. It stays open, and closes by itself as it would.
func (s *Service) Park(ctx context.Context, exceptionID, note string, until civil.Date, by string) error {
	note = strings.TrimSpace(note)
	if n := utf8.RuneCountInString(note); n == 0 || n > 500 {
		return fault.Invalid(CodeParkingInvalid, "note", "a note has 1 to 500 characters").WithRemedy("say why nobody need look at it now")
	}
	return s.park(ctx, exceptionID, "exception.parked", by, note, func(ctx context.Context, tx ports.Tx, e ports.Exception) (ports.Parking, error) {
		parking := ports.Parking{By: by, Note: note, At: s.clock.Now().UTC()}
		if until.IsZero() {
			return parking, nil
		}
		m, err := tx.Merchants().Get(ctx, e.MerchantID)
		if err != nil {
			return parking, err
		}
		zone, err := time.LoadLocation(m.Zone)
		if err != nil {
			return parking, fault.Invalid("merchant.zone_unknown", "zone", "\""+m.Zone+"\" is not an IANA time zone").Wrap(err)
		}
		parking.Until = time.Date(until.Year, until.Month, until.Day, 0, 0, 0, 0, zone).UTC()
		if !parking.At.Before(parking.Until) {
			return parking, fault.Invalid(CodeParkingInvalid, "until", until.String()+" has begun already").WithRemedy("name a later day, or none")
		}
		return parking, nil
	})
}

// Unpark takes an exception up again.
func (s *Service) Unpark(ctx context.Context, exceptionID, by string) error {
	return s.park(ctx, exceptionID, "exception.unparked", by, "", func(_ context.Context, _ ports.Tx, e ports.Exception) (ports.Parking, error) {
		if e.Parking.At.IsZero() {
			return ports.Parking{}, fault.New(CodeParkingInvalid, fault.Conflict, "the exception is not set aside")
		}
		return ports.Parking{}, nil
	})
}

func (s *Service) park(ctx context.Context, id, act, by, detail string, parking func(context.Context, ports.Tx, ports.Exception) (ports.Parking, error)) error {
	return s.store.Update(ctx, func(ctx context.Context, tx ports.Tx) error {
		e, err := tx.Exceptions().Get(ctx, id)
		if err != nil {
			return err
		}
		if e.State != ports.ExceptionOpen {
			return fault.New(CodeNotOpen, fault.Conflict, "the exception is resolved: "+e.Resolution)
		}
		p, err := parking(ctx, tx, e)
		if err != nil {
			return err
		}
		if err := tx.Exceptions().Park(ctx, id, p); err != nil {
			return err
		}
		return tx.Audit().Append(ctx, ports.AuditEntry{MerchantID: e.MerchantID, At: s.clock.Now().UTC(), By: by, Act: act, Subject: id, Detail: detail})
	})
}
