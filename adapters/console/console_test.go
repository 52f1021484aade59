package console_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/adapters/console"
	"github.com/kvitt/kvitt/adapters/sqlite"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/statement"
	"github.com/kvitt/kvitt/core/flow/statement/statementtest"
	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
)

type merchants struct{ store ports.Store }

func (m merchants) Merchant(ctx context.Context, id string) (found merchant.Merchant, err error) {
	err = m.store.View(ctx, func(ctx context.Context, tx ports.Tx) error {
		found, err = tx.Merchants().Get(ctx, id)
		return err
	})
	return found, err
}

func pages(t *testing.T) (*console.Pages, ports.Store) {
	t.Helper()
	store, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "kvitt.db"), sqlite.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	require.NoError(t, statementtest.Store(t.Context(), store))
	reader := statement.New(store)
	made, err := console.New(reader, reader, merchants{store})
	require.NoError(t, err)
	return made, store
}

func rendered(t *testing.T, p *console.Pages, payoutID string, after int64) string {
	t.Helper()
	var page bytes.Buffer
	require.NoError(t, p.Render(t.Context(), &page, payoutID, "to/ken", after))
	if folder := os.Getenv("KVITT_PAGES"); folder != "" {
		name := strings.ReplaceAll(t.Name(), "/", "-") + ".html"
		require.NoError(t, os.WriteFile(filepath.Join(folder, name), page.Bytes(), 0o600))
	}
	return page.String()
}

func TestProofShowsHowThePayoutComesAbout(t *testing.T) {
	t.Parallel()
	p, _ := pages(t)
	page := rendered(t, p, statementtest.Booked, 0)
	for what, text := range map[string]string{
		"the merchant with its letters": "Blåbärsbutiken i Åre AB",
		"the payout":                    "K-2026-04-02",
		"the net":                       "<b>1\u202f629.36</b>",
		"sales":                         "2\u202f845.00",
		"a signed fee":                  "−97.31",
		"the difference":                "the lines add up exactly",
		"a voucher with its number":     "Voucher K-12-3",
		"a voucher row":                 `<td class="narrow">1516</td><td>Chargeback</td><td class="n">799.00</td>`,
		"an exception":                  "549.00 was captured on an invoice of 499.00",
		"what to do about it":           "→ adopt the payment",
		"documents written":             "700 … 705",
		"the clearing account":          "Expected balance after all payouts of the flow: −1\u202f097.00 SEK, all of it explained",
		"the page it was read from":     "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
		"how a kind is booked":          "debit 2641 with 4.38",
		"how to take the evidence out":  "kvitt evidence export payout-1",
	} {
		require.Contains(t, page, text, what)
	}
	require.NotContains(t, page, "<script", "a page to be read runs nothing")
	require.NotRegexp(t, `(?i)(src|href)="?https?://`, page, "nothing comes from elsewhere")
}

func TestProofSaysWhatPaymentsBringToTheBankByThemselves(t *testing.T) {
	t.Parallel()
	p, store := pages(t)
	require.NotContains(t, rendered(t, p, statementtest.Booked, 0), "Payments of documents bring")
	require.NoError(t, store.Update(t.Context(), func(ctx context.Context, tx ports.Tx) error {
		lines, err := tx.Lines().After(ctx, statementtest.Booked, 0, 1)
		if err != nil {
			return err
		}
		return tx.Lines().MarkDirect(ctx, []int64{lines[0].ID})
	}))
	page := rendered(t, p, statementtest.Booked, 0)
	require.Contains(t, page, "Payments of documents bring 499.00 SEK of the net to the bank account, with their fees written off; the voucher brings the rest.")
	require.Contains(t, page, "The invoices are paid on 1930")
}

func TestProofOfAHeldPayoutSaysWhy(t *testing.T) {
	t.Parallel()
	p, _ := pages(t)
	page := rendered(t, p, statementtest.Held, 0)
	require.Contains(t, page, "Nothing is booked.")
	require.Contains(t, page, "payout.unknown_type")
	require.NotContains(t, page, "How it is booked")
}

func TestProofPagesItsLines(t *testing.T) {
	t.Parallel()
	p, store := pages(t)
	var lines []payout.Line
	for i := range 600 {
		lines = append(lines, payout.Line{
			Key: fmt.Sprintf("more/%d", i), Kind: payout.Sale, RawType: "SALE", Gross: money.New(100, "SEK"), FeeExVAT: money.New(0, "SEK"), FeeVAT: money.New(0, "SEK"),
		})
	}
	require.NoError(t, store.Update(t.Context(), func(ctx context.Context, tx ports.Tx) error {
		_, _, err := tx.Lines().Append(ctx, statementtest.Held, lines)
		return err
	}))
	first := rendered(t, p, statementtest.Held, 0)
	require.Contains(t, first, "Lines 1 to 500 of 602")
	require.Contains(t, first, `href="?token=to%2fken&amp;after=500#lines"`)
	require.Contains(t, first, "the lines do not add up")

	last := rendered(t, p, statementtest.Held, 500)
	require.Contains(t, last, "Lines 501 to 602 of 602")
	require.NotContains(t, last, "Next lines")
}

func TestProofEscapesWhatProvidersWrite(t *testing.T) {
	t.Parallel()
	p, store := pages(t)
	require.NoError(t, store.Update(t.Context(), func(ctx context.Context, tx ports.Tx) error {
		_, _, err := tx.Lines().Append(ctx, statementtest.Held, []payout.Line{{
			Key: "evil", Kind: payout.Sale, RawType: `<script>alert(1)</script>`, Gross: money.New(100, "SEK"), FeeExVAT: money.New(0, "SEK"), FeeVAT: money.New(0, "SEK"),
			References: map[payout.Reference]string{payout.MerchantReference1: `"><img src=x onerror=alert(1)>`},
		}})
		return err
	}))
	page := rendered(t, p, statementtest.Held, 0)
	require.NotContains(t, page, "<script>alert")
	require.NotContains(t, page, "<img")
}

func TestProofOfNothing(t *testing.T) {
	t.Parallel()
	p, _ := pages(t)
	err := p.Render(t.Context(), &bytes.Buffer{}, "payout-0", "token", 0)
	require.Equal(t, ports.CodeNotFound, fault.CodeOf(err))
}

func TestRefusal(t *testing.T) {
	t.Parallel()
	p, _ := pages(t)
	var page bytes.Buffer
	require.NoError(t, p.Refuse(&page, "Who is asking", "access.token_invalid", "the link has expired", "make a new link"))
	require.Contains(t, page.String(), "the link has expired.")
	require.Contains(t, page.String(), "→ make a new link")
}
