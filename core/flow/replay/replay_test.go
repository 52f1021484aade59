package replay_test

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/adapters/sqlite"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/onboarding/onboardingtest"
	"github.com/kvitt/kvitt/core/flow/remote"
	"github.com/kvitt/kvitt/core/flow/replay"
	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
)

// acme is a connector whose pages are rows such as "key 100", amounts in öre, of which
// version 2 reads some otherwise.
type acme struct {
	version int
	asked   []ports.PageRequest
}

func (a *acme) Describe() ports.Description {
	return ports.Description{ID: "acme", Name: "Acme", Version: fmt.Sprintf("%d.0.0", a.version), Capabilities: []ports.Capability{ports.CapabilityPages}}
}

func (a *acme) Verify(context.Context, ports.VerifyRequest) (ports.VerifyReport, error) {
	return ports.VerifyReport{}, errors.New("not asked here")
}

func (a *acme) Serving(string, string) (ports.Connector, error) { return a, nil }
func (a *acme) Status() []ports.ConnectorStatus                 { return nil }

func (a *acme) ReadPayoutPage(_ context.Context, req ports.PageRequest) (ports.PageReading, error) {
	a.asked = append(a.asked, req)
	lines := a.read(req.Page)
	for i, line := range lines {
		if req.Until > 0 && line.Raw.Offset >= req.Until {
			lines = lines[:i]
			break
		}
	}
	return ports.PageReading{Lines: lines, Next: req.Cursor + "x"}, nil
}

// read maps a page as either version does.
func (a *acme) read(page ports.RawPage) []payout.Line {
	var lines []payout.Line
	var offset int64
	for text := range strings.SplitSeq(string(page.Bytes), "\n") {
		var key string
		var amount int64
		_, err := fmt.Sscanf(text, "%s %d", &key, &amount)
		raw := payout.Raw{Page: page.SHA256, Offset: offset, Length: int64(len(text))}
		offset += raw.Length + 1
		old := a.version == 1
		if err != nil || old && key == "missed" || !old && key == "wrong" {
			continue
		}
		line := payout.Line{
			Key: key, Kind: payout.Sale, RawType: "SALE", Gross: money.New(amount, "SEK"), FeeExVAT: money.Zero("SEK"), FeeVAT: money.Zero("SEK"),
			OccurredAt: time.Date(2026, time.April, 1, 12, 0, 0, 123456789, time.UTC), References: map[payout.Reference]string{payout.OrderID: "O-" + key}, Raw: raw,
		}
		if !old && key == "mapped" {
			line.Kind, line.Gross = payout.Refund, money.New(-amount, "SEK")
			line.References = map[payout.Reference]string{payout.OrderID: "O", payout.CaptureID: "C"}
		}
		lines = append(lines, line)
	}
	return lines
}

func page(text string) ports.RawPage {
	sum := sha256.Sum256([]byte(text))
	return ports.RawPage{SHA256: hex.EncodeToString(sum[:]), MediaType: "text/plain", Bytes: []byte(text)}
}

const thePayout = "payout-1"

// stored gives a store with a payout that version 1 has read from pages. Of the first
// page it took but the first rows, as the reading went on with another page from there.
func stored(t *testing.T, taken int, pages ...ports.RawPage) ports.Store {
	t.Helper()
	store, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "kvitt.db"), sqlite.Options{
		Enqueue: func(context.Context, *sql.Tx, ports.Job) error { return nil },
	})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	now := time.Date(2026, time.April, 2, 12, 0, 0, 0, time.UTC)
	require.NoError(t, store.Update(t.Context(), func(ctx context.Context, tx ports.Tx) error {
		sealed, err := onboardingtest.Secrets{}.Seal(ctx, "c", []byte(`{}`))
		if err != nil {
			return err
		}
		connection := merchant.Connection{ID: "c", MerchantID: "m", Connector: "acme", State: merchant.Verified, CreatedAt: now, UpdatedAt: now}
		list := page("[P-1]")
		return errors.Join(
			tx.Merchants().Create(ctx, merchant.Merchant{ID: "m", Name: "Butik AB", Country: "SE", Zone: "Europe/Stockholm", Currency: "SEK", CreatedAt: now}),
			tx.Connections().Create(ctx, ports.ConnectionRecord{Connection: connection, Credentials: sealed}),
			tx.Flows().Create(ctx, merchant.Flow{ID: "f", MerchantID: "m", Kind: merchant.Payouts, Source: "c", Target: "c", Settings: []byte(`{}`), CreatedAt: now}, "test"),
			tx.RawPages().Put(ctx, "c", list, now),
			tx.Payouts().Create(ctx, ports.PayoutRecord{
				ID: thePayout, FlowID: "f", MerchantID: "m", ConnectionID: "c", State: payout.Fetching, ConnectorVersion: "1.0.0", CreatedAt: now, UpdatedAt: now,
				Payout: payout.Payout{Reference: "P-1", Date: now, Net: money.New(100, "SEK"), Raw: payout.Raw{Page: list.SHA256, Offset: 1, Length: 3}},
			}),
		)
	}))
	require.NoError(t, store.Update(t.Context(), func(ctx context.Context, tx ports.Tx) error {
		for i, p := range pages {
			lines := (&acme{version: 1}).read(p)
			if i == 0 {
				lines = lines[:taken]
			}
			if err := tx.RawPages().Put(ctx, "c", p, now); err != nil {
				return err
			}
			if _, _, err := tx.Lines().Append(ctx, thePayout, lines); err != nil {
				return err
			}
		}
		return nil
	}))
	return store
}

func compare(t *testing.T, store ports.Store, version int) (replay.Report, *acme, error) {
	t.Helper()
	connector := &acme{version: version}
	desk := remote.NewDesk(store, connector, onboardingtest.Secrets{}, nil, nil, remote.Options{Owner: "test", Deadline: time.Minute})
	report, err := replay.New(store, desk).Compare(t.Context(), thePayout)
	return report, connector, err
}

func TestTheSameVersionReadsTheSame(t *testing.T) {
	t.Parallel()
	store := stored(t, 2, page("a 1\nb 2\nc 3\nd 4"), page("c 3\nd 4"), page("e 5\n"))
	report, asked, err := compare(t, store, 1)
	require.NoError(t, err)
	require.Equal(t, replay.Report{PayoutID: thePayout, Then: "1.0.0", Now: "1.0.0", Pages: 3, Lines: 5}, report)
	require.Equal(t, int64(len("a 1\nb 2")), asked.asked[0].Until, "c and d were read from the next page")
	require.Equal(t, []string{"", "x", "xx"}, []string{asked.asked[0].Cursor, asked.asked[1].Cursor, asked.asked[2].Cursor})
	require.Equal(t, "P-1", string(asked.asked[2].Payout))
	require.Zero(t, asked.asked[2].Until)
}

func TestAnotherVersionShowsWhatItReadsOtherwise(t *testing.T) {
	t.Parallel()
	store := stored(t, 3, page("same 1\nwrong 2\nmissed 3\nmapped 4"))
	report, _, err := compare(t, store, 2)
	require.NoError(t, err)
	require.Equal(t, replay.Report{
		PayoutID: thePayout, Then: "1.0.0", Now: "2.0.0", Pages: 1, Lines: 3, Differ: 3,
		Differences: []replay.Difference{
			{Key: "wrong", Outcome: replay.Gone},
			{Key: "mapped", Outcome: replay.Changed, Fields: []replay.Field{
				{Name: "gross", Stored: "0.04 SEK", Read: "-0.04 SEK"},
				{Name: "kind", Stored: "sale", Read: "refund"},
				{Name: "references.capture_id", Read: "C"},
				{Name: "references.order_id", Stored: "O-mapped", Read: "O"},
			}},
			{Key: "missed", Outcome: replay.Added},
		},
	}, report)
	again, _, err := compare(t, store, 2)
	require.NoError(t, err)
	require.Equal(t, report, again, "nothing was changed")
}

func TestAPayoutOfManyPagesIsReadPageByPage(t *testing.T) {
	t.Parallel()
	var pages []ports.RawPage
	for p := range 5 {
		var rows strings.Builder
		for i := range 700 {
			fmt.Fprintf(&rows, "row-%d-%d 1\n", p, i)
		}
		pages = append(pages, page(rows.String()))
	}
	report, asked, err := compare(t, stored(t, 700, pages...), 2)
	require.NoError(t, err)
	require.Equal(t, replay.Report{PayoutID: thePayout, Then: "1.0.0", Now: "2.0.0", Pages: 5, Lines: 3500}, report)
	for i, p := range pages {
		require.Equal(t, p.SHA256, asked.asked[i].Page.SHA256)
	}
}

func TestWhatWasNotKeptCannotBeReadAgain(t *testing.T) {
	t.Parallel()
	store := stored(t, 1, page("a 1"))
	lost := (&acme{version: 1}).read(page("b 2"))
	require.NoError(t, store.Update(t.Context(), func(ctx context.Context, tx ports.Tx) error {
		_, _, err := tx.Lines().Append(ctx, thePayout, lost)
		return err
	}))
	_, _, err := compare(t, store, 1)
	require.Equal(t, replay.CodeNotKept, fault.CodeOf(err))
}
