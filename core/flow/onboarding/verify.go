package onboarding

import (
	"context"
	"errors"
	"slices"

	"github.com/kvitt/kvitt/core/flow/start"

	"github.com/kvitt/kvitt/core/flow/consent"
	"github.com/kvitt/kvitt/core/flow/walk"

	"github.com/kvitt/kvitt/core/booking"
	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/ports"
)

// What a verification may be asked to expect, see ports.VerifyRequest.
const (
	expectAccount = "account"
	expectSeries  = "voucher_series"
	// expectCapability lists what the enabled flows use, so that a connector checks its
	// rights to just that.
	expectCapability = "capability"
)

// Verify checks a connection at the remote system, keeps the outcome and returns
// the connection with it. A check that fails is no error; it is one that nothing
// could be checked, and then the connection stays as it was.
func (s *Service) Verify(ctx context.Context, id, by string) (ports.ConnectionRecord, error) {
	expect, err := s.expected(ctx, id)
	if err != nil {
		return ports.ConnectionRecord{}, err
	}
	// What the latest consent has given is tried first, and used from then on only if
	// it opens the account of this connection.
	report, missing, err := s.check(consent.OnTrial(ctx), id, expect)
	if err != nil {
		return ports.ConnectionRecord{}, err
	}
	report.Checks = append(report.Checks, denied(expect[expectCapability], report)...)
	if !slices.ContainsFunc(report.Checks, failed) {
		subscribed, err := s.parts.Subscriptions.Check(ctx, id)
		if err != nil {
			return ports.ConnectionRecord{}, err
		}
		if subscribed != nil {
			report.Checks = append(report.Checks, *subscribed)
		}
	}
	record, err := s.keep(ctx, id, report, missing, by)
	if code := fault.CodeOf(err); code == CodeAccountChanged || code == CodeDuplicateAccount {
		return record, errors.Join(err, s.parts.Consents.DropTrial(ctx, id))
	}
	s.parts.Consents.Reload(id)
	return record, err
}

// check asks the remote system. Credentials that are refused are the outcome of a
// check, although some connectors, and the hub's own token request, say it by an
// error. Missing says that it is consent that is missing.
func (s *Service) check(ctx context.Context, id string, expect map[string][]string) (report ports.VerifyReport, missing bool, err error) {
	account, err := s.parts.Remote.Open(ctx, id)
	if err != nil {
		return ports.VerifyReport{}, false, err
	}
	report, err = account.Verify(ctx, ports.VerifyRequest{Expect: expect, Today: s.parts.Clock.Now()})
	if f := fault.Of(err); f != nil && f.Class == fault.Auth {
		return ports.VerifyReport{Checks: []ports.Check{{
			Name: "access", State: ports.CheckFailed, Detail: f.Reason, Remedy: f.Remedy,
		}}}, f.Code == ports.CodeConsentNeeded, nil
	}
	return report, false, err
}

func (s *Service) keep(ctx context.Context, id string, report ports.VerifyReport, missing bool, by string) (ports.ConnectionRecord, error) {
	var record ports.ConnectionRecord
	err := s.parts.Store.Update(ctx, func(ctx context.Context, tx ports.Tx) error {
		var err error
		if record, err = tx.Connections().Get(ctx, id); err != nil {
			return err
		}
		if err := recognise(&record, report); err != nil {
			return err
		}
		record.Capabilities = s.stated(record, report)
		record.Checks, record.VerifiedAt, record.UpdatedAt = report.Checks, s.now(), s.now()
		record.State = merchant.Verified
		if slices.ContainsFunc(report.Checks, failed) {
			record.State = merchant.Failing
		}
		if missing {
			record.State = merchant.ConsentNeeded
		}
		if err := tx.Connections().Save(ctx, record); err != nil {
			return duplicate(err)
		}
		if report.AccountID != "" {
			if err := promote(ctx, tx, record); err != nil {
				return err
			}
		}
		return tx.Audit().Append(ctx, ports.AuditEntry{
			MerchantID: record.MerchantID, At: s.now(), By: by,
			Act: "connection.verified", Subject: id, Detail: string(record.State),
		})
	})
	return record, err
}

// promote takes a grant on trial into use and lets the flows that wait for it go on.
func promote(ctx context.Context, tx ports.Tx, record ports.ConnectionRecord) error {
	promoted, err := tx.Consents().Promote(ctx, record.ID)
	if err != nil || !promoted {
		return err
	}
	return start.Waiting(ctx, tx, record)
}

// recognise takes over the name of the account. Once known it cannot become
// another: documents and payouts of the first are in the store under this
// connection.
func recognise(record *ports.ConnectionRecord, report ports.VerifyReport) error {
	if report.AccountID == "" {
		return nil
	}
	if record.AccountID != "" && record.AccountID != report.AccountID {
		return fault.New(CodeAccountChanged, fault.Conflict, "the credentials belong to another account than this connection was made for").
			WithField("credentials").WithRemedy("make a new connection for the other account, or enter the credentials of the first one")
	}
	record.AccountID, record.AccountName = report.AccountID, report.AccountName
	return nil
}

func duplicate(err error) error {
	if fault.CodeOf(err) != ports.CodeExists {
		return err
	}
	return fault.New(CodeDuplicateAccount, fault.Duplicate, "another connection of the merchant reaches the same account").
		WithRemedy("use the other connection; one account is connected once").Wrap(err)
}

// expected gathers what the enabled flows need of a connection.
func (s *Service) expected(ctx context.Context, connectionID string) (map[string][]string, error) {
	return walk.View(ctx, s.parts.Store, func(ctx context.Context, tx ports.Tx) (map[string][]string, error) {
		record, err := tx.Connections().Get(ctx, connectionID)
		if err != nil {
			return nil, err
		}
		expect := map[string][]string{}
		err = walk.Flows(ctx, tx, record.MerchantID, func(f merchant.Flow) error {
			if !f.Enabled || (f.Target != connectionID && f.Source != connectionID) {
				return nil
			}
			for _, end := range flowEnds(f) {
				if end.connection != connectionID {
					continue
				}
				needs := end.needs
				if description, err := s.describe(record.Connection); err == nil {
					needs = end.of(description)
				}
				for _, need := range needs {
					expect[expectCapability] = append(expect[expectCapability], string(need))
				}
			}
			if f.Target != connectionID {
				return nil
			}
			if f.Kind == merchant.Events {
				return expectOfShop(ctx, tx, f, expect)
			}
			settings, err := booking.Parse(f.Settings)
			if err != nil {
				return err
			}
			if f.Kind.MakesDocuments() {
				expectOfDocuments(settings, expect)
				return nil
			}
			for _, account := range accountsInUse(settings) {
				expect[expectAccount] = append(expect[expectAccount], string(account))
			}
			expect[expectSeries] = append(expect[expectSeries], settings.VoucherSeries)
			return nil
		})
		for name, values := range expect {
			slices.Sort(values)
			expect[name] = slices.Compact(values)
		}
		return expect, err
	})
}

// today is the business date of a merchant.
func (s *Service) today(m merchant.Merchant) (civil.Date, error) {
	zone, err := s.zone(m)
	if err != nil {
		return civil.Date{}, err
	}
	return civil.In(s.parts.Clock.Now(), zone), nil
}
