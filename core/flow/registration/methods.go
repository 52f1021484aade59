package registration

import (
	"context"
	"slices"

	"github.com/kvitt/kvitt/core/booking"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/core/payment"
	"github.com/kvitt/kvitt/ports"
)

// AddMethod adds a payment method, real or virtual. Adding the same again gives
// what is there; another of the same id fails with CodeMethodExists.
func (s *Service) AddMethod(ctx context.Context, m payment.Method, by string) (ports.MethodRecord, error) {
	if err := m.Validate(); err != nil {
		return ports.MethodRecord{}, err
	}
	record := ports.MethodRecord{Method: m, CreatedAt: s.machine().UTC()}
	err := s.store.Update(ctx, func(ctx context.Context, tx ports.Tx) error {
		if _, err := tx.Merchants().Get(ctx, m.MerchantID); err != nil {
			return err
		}
		known, err := tx.Methods().Get(ctx, m.MerchantID, m.ID)
		if err == nil {
			record = known
			if known.Method != m {
				return fault.New(CodeMethodExists, fault.Duplicate, "the merchant has another payment method \""+m.ID+"\"").
					WithField("id").WithRemedy("choose another id; what a method is does not change once events may name it")
			}
			return nil
		}
		if fault.CodeOf(err) != ports.CodeNotFound {
			return err
		}
		if err := ownConnection(ctx, tx, m); err != nil {
			return err
		}
		if err := clearsApart(ctx, tx, m); err != nil {
			return err
		}
		if err := tx.Methods().Create(ctx, record); err != nil {
			return err
		}
		return tx.Audit().Append(ctx, ports.AuditEntry{
			MerchantID: m.MerchantID, At: s.clock.Now().UTC(), By: by, Act: "method.added", Subject: m.ID, Detail: string(m.Kind),
		})
	})
	return record, err
}

// ownConnection refuses a method whose money another merchant's connection owns.
func ownConnection(ctx context.Context, tx ports.Tx, m payment.Method) error {
	if m.Connection == "" {
		return nil
	}
	c, err := tx.Connections().Get(ctx, m.Connection)
	if fault.CodeOf(err) == ports.CodeNotFound || err == nil && c.MerchantID != m.MerchantID {
		return fault.Invalid(payment.CodeMethodInvalid, "connection", "the merchant has no such connection")
	}
	return err
}

// clearsApart refuses a method that would put other money on the clearing account of
// a flow of payouts, whose balance could then not be explained.
func clearsApart(ctx context.Context, tx ports.Tx, m payment.Method) error {
	if m.Kind != payment.ByProvider {
		return nil
	}
	flows, err := tx.Flows().List(ctx, m.MerchantID, ports.Page{Limit: 1000})
	if err != nil {
		return err
	}
	at := slices.IndexFunc(flows, func(f merchant.Flow) bool { return f.Kind == merchant.Events && f.Enabled })
	if at < 0 {
		return nil // enabling the flow checks it
	}
	shop, err := booking.ParseByMethod(flows[at].Settings)
	if err != nil {
		return err
	}
	for _, f := range flows {
		if f.Kind != merchant.Payouts || !f.Enabled || f.Target != flows[at].Target || f.Source == m.Connection {
			continue
		}
		settings, err := booking.Parse(f.Settings)
		if err != nil {
			return err
		}
		if currency, account, shared := shop.Of(m.ID).SharedClearing(settings); shared {
			return fault.New(CodeClearingShared, fault.Conflict, "account "+string(account)+" is the clearing account of a flow of payouts that does not pay this method out").
				WithField("connection").
				WithRemedy("set methods." + m.ID + ".accounts.clearing." + string(currency) + " of the flow of events to another account first, or link the method to the connection that pays it out")
		}
	}
	return nil
}

// Methods lists a merchant's payment methods by id.
func (s *Service) Methods(ctx context.Context, merchantID string, page ports.Page) ([]ports.MethodRecord, error) {
	var found []ports.MethodRecord
	err := s.store.View(ctx, func(ctx context.Context, tx ports.Tx) error {
		var err error
		if _, err = tx.Merchants().Get(ctx, merchantID); err != nil {
			return err
		}
		found, err = tx.Methods().List(ctx, merchantID, page)
		return err
	})
	return found, err
}
