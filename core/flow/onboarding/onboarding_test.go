package onboarding_test

import (
	"context"
	"encoding/json"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/adapters/jsonschema"
	"github.com/kvitt/kvitt/adapters/sqlite"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/onboarding"
	"github.com/kvitt/kvitt/core/flow/onboarding/onboardingtest"
	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/ports"
)

// desk is onboarding on a fresh store with one merchant.
type desk struct {
	*onboarding.Service
	store  ports.Store
	remote *onboardingtest.Remote
	owner  merchant.Merchant
}

func open(t *testing.T) *desk {
	t.Helper()
	store, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "kvitt.db"), sqlite.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	world := onboardingtest.NewRemote()
	now := func() time.Time { return time.Date(2026, time.April, 20, 22, 30, 0, 0, time.UTC) }
	d := &desk{Service: onboarding.New(world.Parts(store, jsonschema.New(), now)), store: store, remote: world}
	d.owner, err = d.CreateMerchant(t.Context(), aMerchant(), "test")
	require.NoError(t, err)
	return d
}

func aMerchant() onboarding.NewMerchant {
	return onboarding.NewMerchant{Name: "Blåbär AB", OrganisationNumber: "5560160680", Country: "SE", Zone: "Europe/Stockholm", Currency: "sek"}
}

func (d *desk) connect(t *testing.T, connector, credentials string) ports.ConnectionRecord {
	t.Helper()
	record, err := d.CreateConnection(t.Context(), onboarding.NewConnection{
		MerchantID: d.owner.ID, Connector: connector, Credentials: json.RawMessage(credentials),
	}, "test")
	require.NoError(t, err)
	return record
}

func (d *desk) klarna(t *testing.T) ports.ConnectionRecord {
	t.Helper()
	return d.connect(t, "klarna", `{"username":"K1_x","password":"live_hunter2"}`)
}

func (d *desk) fortnox(t *testing.T) ports.ConnectionRecord {
	t.Helper()
	return d.connect(t, "fortnox", `{"client_secret":"hunter2"}`)
}

// flow joins a provider and an accounting system, both verified.
func (d *desk) flow(t *testing.T, settings string) merchant.Flow {
	t.Helper()
	source, target := d.klarna(t), d.fortnox(t)
	for _, id := range []string{source.ID, target.ID} {
		record, err := d.Verify(t.Context(), id, "test")
		require.NoError(t, err)
		require.Equal(t, merchant.Verified, record.State)
	}
	return d.join(t, source.ID, target.ID, settings)
}

func (d *desk) join(t *testing.T, source, target, settings string) merchant.Flow {
	t.Helper()
	f, err := d.CreateFlow(t.Context(), onboarding.NewFlow{
		MerchantID: d.owner.ID, Kind: merchant.Payouts, Source: source, Target: target, Settings: json.RawMessage(settings),
	}, "test")
	require.NoError(t, err)
	return f
}

func TestCreateMerchant(t *testing.T) {
	t.Parallel()
	d := open(t)
	require.Equal(t, "556016-0680", d.owner.OrganisationNumber, "the number is written in one way")
	require.Equal(t, "SEK", string(d.owner.Currency))
	require.Empty(t, onboarding.Warnings(d.owner))

	wrongDigit := d.owner
	wrongDigit.OrganisationNumber = "556016-0681"
	require.Len(t, onboarding.Warnings(wrongDigit), 1)
	abroad := wrongDigit
	abroad.Country = "NO"
	require.Empty(t, onboarding.Warnings(abroad))
}

func TestTheSameIDAgainGivesWhatIsThere(t *testing.T) {
	t.Parallel()
	d := open(t)
	again := aMerchant()
	again.ID, again.Name = d.owner.ID, "Another name"
	m, err := d.CreateMerchant(t.Context(), again, "test")
	require.NoError(t, err)
	require.Equal(t, "Blåbär AB", m.Name)

	made := d.klarna(t)
	record, err := d.CreateConnection(t.Context(), onboarding.NewConnection{
		ID: made.ID, MerchantID: d.owner.ID, Connector: "klarna", Label: "again", Credentials: json.RawMessage(`{"username":"K1_y","password":"live_other"}`),
	}, "test")
	require.NoError(t, err)
	require.Empty(t, record.Label)
}

func TestCredentialsAreSealedForTheirConnection(t *testing.T) {
	t.Parallel()
	d := open(t)
	record := d.klarna(t)
	require.Contains(t, string(record.Credentials), "sealed:"+record.ID+":")
	_, err := d.Verify(t.Context(), record.ID, "test")
	require.NoError(t, err)
	require.Equal(t, "live_hunter2", d.remote.Credentials["password"])
}

func TestVerifyKeepsWhatTheChecksSay(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		checks []ports.Check
		fail   error
		state  merchant.ConnectionState
	}{
		"all is well":                 {[]ports.Check{{Name: "a", State: ports.CheckOK}}, nil, merchant.Verified},
		"a warning does not stop it":  {[]ports.Check{{Name: "a", State: ports.CheckWarning}}, nil, merchant.Verified},
		"one check fails":             {[]ports.Check{{Name: "a", State: ports.CheckOK}, {Name: "b", State: ports.CheckFailed}}, nil, merchant.Failing},
		"the credentials are refused": {nil, fault.New("klarna.unauthorised", fault.Auth, "refused").WithRemedy("mend"), merchant.Failing},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := open(t)
			made := d.klarna(t)
			d.remote.Checks["klarna"], d.remote.Fail["klarna"] = c.checks, c.fail
			record, err := d.Verify(t.Context(), made.ID, "test")
			require.NoError(t, err)
			require.Equal(t, c.state, record.State)
			stored, err := d.Connection(t.Context(), made.ID)
			require.NoError(t, err)
			require.Equal(t, record.Checks, stored.Checks)
			require.NotEmpty(t, stored.Checks)
		})
	}
}

func TestVerifyThatCannotCheckChangesNothing(t *testing.T) {
	t.Parallel()
	d := open(t)
	record := d.klarna(t)
	_, err := d.Verify(t.Context(), record.ID, "test")
	require.NoError(t, err)
	d.remote.Fail["klarna"] = fault.New("upstream.down", fault.Temporary, "no answer")
	_, err = d.Verify(t.Context(), record.ID, "test")
	require.Equal(t, fault.Code("upstream.down"), fault.CodeOf(err))
	stored, err := d.Connection(t.Context(), record.ID)
	require.NoError(t, err)
	require.Equal(t, merchant.Verified, stored.State)
}

func TestOneAccountIsConnectedOnce(t *testing.T) {
	t.Parallel()
	d := open(t)
	first, second := d.klarna(t), d.klarna(t)
	_, err := d.Verify(t.Context(), first.ID, "test")
	require.NoError(t, err)
	_, err = d.Verify(t.Context(), second.ID, "test")
	require.Equal(t, onboarding.CodeDuplicateAccount, fault.CodeOf(err))
	stored, err := d.Connection(t.Context(), second.ID)
	require.NoError(t, err)
	require.Equal(t, merchant.Unverified, stored.State)
}

func TestAConnectionKeepsItsAccount(t *testing.T) {
	t.Parallel()
	d := open(t)
	record := d.klarna(t)
	_, err := d.Verify(t.Context(), record.ID, "test")
	require.NoError(t, err)
	d.remote.AccountID["klarna"] = "K999999"
	_, err = d.Verify(t.Context(), record.ID, "test")
	require.Equal(t, onboarding.CodeAccountChanged, fault.CodeOf(err))
}

func TestVerifyExpectsWhatEnabledFlowsNeed(t *testing.T) {
	t.Parallel()
	d := open(t)
	f := d.flow(t, `{}`)
	_, err := d.Verify(t.Context(), f.Target, "test")
	require.NoError(t, err)
	require.Empty(t, d.remote.Asked)
	_, err = d.Enable(t.Context(), f.ID, "test")
	require.NoError(t, err)
	_, err = d.Verify(t.Context(), f.Target, "test")
	require.NoError(t, err)
	require.Equal(t, []string{"K"}, d.remote.Asked["voucher_series"])
	require.Subset(t, d.remote.Asked["account"], []string{"1686", "1930", "6040", "2641", "1689", "1516"})
	require.NotContains(t, d.remote.Asked["account"], "3001", "a payout-only flow needs no sales accounts")
}

func TestUpdateConnection(t *testing.T) {
	t.Parallel()
	d := open(t)
	record := d.klarna(t)
	_, err := d.Verify(t.Context(), record.ID, "test")
	require.NoError(t, err)

	d.remote.Forgotten = nil
	label := "Klarna Sverige"
	named, err := d.UpdateConnection(t.Context(), record.ID, onboarding.ConnectionChange{Label: &label}, "test")
	require.NoError(t, err)
	require.Equal(t, merchant.Verified, named.State, "a label changes nothing that was verified")
	require.Empty(t, d.remote.Forgotten)

	changed, err := d.UpdateConnection(t.Context(), record.ID, onboarding.ConnectionChange{
		Credentials: json.RawMessage(`{"username":"K1_x","password":"live_new"}`),
	}, "test")
	require.NoError(t, err)
	require.Equal(t, merchant.Unverified, changed.State)
	require.Equal(t, label, changed.Label)
	require.Equal(t, []string{record.ID}, d.remote.Forgotten, "the old token is worth nothing now")

	_, err = d.UpdateConnection(t.Context(), record.ID, onboarding.ConnectionChange{Settings: json.RawMessage(`{"region":"mars"}`)}, "test")
	require.Equal(t, onboarding.CodeConnectionSettings, fault.CodeOf(err))
	require.Equal(t, "settings.region", fault.Of(err).Field)
}

func TestEveryChangeIsInTheAuditLog(t *testing.T) {
	t.Parallel()
	d := open(t)
	f := d.flow(t, `{}`)
	_, err := d.SaveFlowSettings(t.Context(), f.ID, json.RawMessage(`{"waiting_days":3}`), "Anna")
	require.NoError(t, err)
	var acts []string
	require.NoError(t, d.store.View(t.Context(), func(ctx context.Context, tx ports.Tx) error {
		entries, err := tx.Audit().List(ctx, ports.AuditFilter{MerchantID: d.owner.ID}, ports.Page{Limit: 100})
		for _, e := range entries {
			acts = append(acts, e.Act+" by "+e.By)
			require.NotContains(t, e.Detail, "hunter2")
		}
		return err
	}))
	require.Equal(t, []string{
		"flow.settings_saved by Anna", "flow.created by test", "connection.verified by test", "connection.verified by test",
		"connection.created by test", "connection.created by test", "merchant.created by test",
	}, acts)
}
