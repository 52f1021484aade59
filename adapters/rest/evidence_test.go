package rest_test

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/adapters/rest/api"
	"github.com/kvitt/kvitt/core/flow/statement/statementtest"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
)

func TestEvidence(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	e := get[api.Evidence](t, h, own, "GET", "/v1/payouts/payout-1/evidence", "", http.StatusOK)
	require.Equal(t, "1629.36", e.Payout.Net)
	require.Equal(t, 1, e.Payout.SettingsVersion)
	require.Len(t, e.Vouchers, 1)
	require.Equal(t, "K-12-3", *e.Vouchers[0].Number)
	for _, row := range e.Vouchers[0].Rows {
		require.Equal(t, "0.00", row.Difference)
		require.NotEmpty(t, row.Sources)
	}
	held := h.do(t, own, "GET", "/v1/payouts/payout-2/evidence", "")
	require.Contains(t, held.Body.String(), `"vouchers":[]`)
}

func TestAVoucherThatIsNotBookedHasNoNumberYet(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	require.NoError(t, h.store.Update(t.Context(), func(ctx context.Context, tx ports.Tx) error {
		s, err := tx.Steps().ByKey(ctx, "kv:1:V1;")
		require.NoError(t, err)
		s.State, s.Number = ports.StepPlanned, ""
		return tx.Steps().Save(ctx, s)
	}))
	require.Contains(t, h.do(t, own, "GET", "/v1/payouts/payout-1/evidence", "").Body.String(), `"number":null`)
}

func TestTheLinesOfARow(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	e := get[api.Evidence](t, h, own, "GET", "/v1/payouts/payout-1/evidence", "", http.StatusOK)
	for _, row := range e.Vouchers[0].Rows {
		base := fmt.Sprintf("/v1/payouts/payout-1/evidence/rows/%d/lines?limit=3&after=", row.Row)
		sum, after := money.Zero("SEK"), ""
		for pages := 1; ; pages++ {
			require.Less(t, pages, 10)
			page := get[api.RowLinePage](t, h, own, "GET", base+after, "", http.StatusOK)
			for _, l := range page.Items {
				amount, err := money.Parse(l.Amount, "SEK")
				require.NoError(t, err)
				sum, err = sum.Add(amount)
				require.NoError(t, err)
				require.Equal(t, int64(280), l.Line.Raw.Length)
			}
			if after = page.Next; after == "" {
				break
			}
		}
		debit, err := money.Parse(row.Debit, "SEK")
		require.NoError(t, err)
		credit, err := money.Parse(row.Credit, "SEK")
		require.NoError(t, err)
		wanted, err := debit.Sub(credit)
		require.NoError(t, err)
		require.Equal(t, wanted, sum, "row %d", row.Row)
	}
	p := h.problem(t, own, "GET", "/v1/payouts/payout-1/evidence/rows/99/lines", "", http.StatusNotFound)
	require.Equal(t, "evidence.no_such_row", p.Code)
	h.problem(t, own, "GET", "/v1/payouts/payout-1/evidence/rows/0/lines", "", http.StatusBadRequest)
	h.problem(t, own, "GET", "/v1/payouts/payout-1/evidence/rows/1/lines?after=x", "", http.StatusBadRequest)
}

// witnessed stores a page from which one more line of the held payout was read.
func witnessed(t *testing.T, h *hub, content, mediaType string) (hash string, lineID int64) {
	t.Helper()
	sum := sha256.Sum256([]byte(content))
	hash = hex.EncodeToString(sum[:])
	require.NoError(t, h.store.Update(t.Context(), func(ctx context.Context, tx ports.Tx) error {
		require.NoError(t, tx.RawPages().Put(ctx, statementtest.Source, ports.RawPage{SHA256: hash, MediaType: mediaType, Bytes: []byte(content)}, h.now))
		_, _, err := tx.Lines().Append(ctx, statementtest.Held, []payout.Line{{
			Key: "raw", Kind: payout.Sale, RawType: "SALE", Gross: money.New(100, "SEK"), FeeExVAT: money.New(0, "SEK"), FeeVAT: money.New(0, "SEK"),
			Raw: payout.Raw{Page: hash, Offset: 6, Length: 8},
		}})
		require.NoError(t, err)
		lines, err := tx.Lines().After(ctx, statementtest.Held, 2, 1)
		require.NoError(t, err)
		lineID = lines[0].ID
		return nil
	}))
	return hash, lineID
}

func TestRawPagesAndTheSourceOfALine(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	content := "<html>the line</html>"
	hash, line := witnessed(t, h, content, "text/html")
	list := get[api.RawPageList](t, h, own, "GET", "/v1/payouts/payout-2/raw-pages", "", http.StatusOK)
	require.Contains(t, list.Items, api.RawPage{Sha256: hash, Kept: true, MediaType: "text/html", Bytes: int64(len(content))})
	require.Len(t, list.Items, 2, "the other page was not kept")
	first := get[api.RawPageList](t, h, own, "GET", "/v1/payouts/payout-2/raw-pages?limit=1", "", http.StatusOK)
	second := get[api.RawPageList](t, h, own, "GET", "/v1/payouts/payout-2/raw-pages?limit=1&after="+first.Next, "", http.StatusOK)
	require.Equal(t, list.Items, append(first.Items, second.Items...))
	require.Empty(t, second.Next)

	page := h.do(t, own, "GET", "/v1/raw-pages/"+hash+"?payout=payout-2", "")
	require.Equal(t, content, page.Body.String())
	require.Equal(t, "application/octet-stream", page.Header().Get("Content-Type"), "what a provider sent does not run in a browser")
	require.Equal(t, `attachment; filename="`+hash+`.bin"`, page.Header().Get("Content-Disposition"))

	source := get[api.LineSource](t, h, own, "GET", fmt.Sprintf("/v1/lines/%d/source", line), "", http.StatusOK)
	require.Equal(t, "the line", source.Text)
	require.Equal(t, "the line", string(source.Content))
	require.Equal(t, api.Raw{Page: hash, Offset: 6, Length: 8}, source.Raw)
	require.Equal(t, int64(len(content)), source.PageBytes)
	sum := sha256.Sum256([]byte("the line"))
	require.Equal(t, hex.EncodeToString(sum[:]), source.Sha256)
	p := h.problem(t, own, "GET", "/v1/lines/268435457/source", "", http.StatusNotFound)
	require.Equal(t, "evidence.no_source", p.Code)
}

func TestARawPageIsHiddenFromOtherMerchants(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	hash, line := witnessed(t, h, "<html>the line</html>", "text/html")
	hidden := h.problem(t, stranger, "GET", "/v1/raw-pages/"+hash+"?payout=payout-2", "", http.StatusNotFound)
	missing := h.problem(t, stranger, "GET", "/v1/raw-pages/"+hash+"?payout=payout-7", "", http.StatusNotFound)
	hidden.RequestID, missing.RequestID = "", ""
	require.Equal(t, missing, hidden, "what is hidden answers like what is not there")
	h.problem(t, stranger, "GET", fmt.Sprintf("/v1/lines/%d/source", line), "", http.StatusNotFound)
	h.problem(t, own, "GET", "/v1/raw-pages/"+hash, "", http.StatusBadRequest)
	h.problem(t, own, "GET", "/v1/raw-pages/"+strings.Repeat("0", 64)+"?payout=payout-2", "", http.StatusNotFound)
	require.Equal(t, http.StatusOK, h.do(t, support, "GET", "/v1/raw-pages/"+hash+"?payout=payout-2", "").Code)
}

func TestTheArchive(t *testing.T) {
	folder := t.TempDir()
	t.Setenv("TMPDIR", folder)
	h := newHub(t)
	answer := h.do(t, own, "GET", "/v1/payouts/payout-1/evidence.zip", "")
	require.Equal(t, http.StatusOK, answer.Code)
	require.Equal(t, "application/zip", answer.Header().Get("Content-Type"))
	require.Equal(t, `attachment; filename="kvitt-evidence-payout-1.zip"`, answer.Header().Get("Content-Disposition"))
	require.Equal(t, fmt.Sprint(answer.Body.Len()), answer.Header().Get("Content-Length"))
	archive, err := zip.NewReader(bytes.NewReader(answer.Body.Bytes()), int64(answer.Body.Len()))
	require.NoError(t, err)
	var names []string
	for _, f := range archive.File {
		names = append(names, f.Name)
	}
	require.Equal(t, []string{"vouchers.csv", "lines.csv", "contributions.csv", "documents.csv", "settings.json", "README.txt", "index.json"}, names)
	left, err := os.ReadDir(folder)
	require.NoError(t, err)
	require.Empty(t, left, "the file in between is gone")
}

func TestANumberLeadsBack(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	voucher := get[api.OriginPage](t, h, own, "GET", "/v1/merchants/merchant-1/documents?number=K-12-3", "", http.StatusOK)
	require.Len(t, voucher.Items, 1)
	require.Equal(t, "K-2026-04-02", voucher.Items[0].Payout.Reference)
	require.Len(t, voucher.Items[0].Document.Voucher.Rows, 6)
	require.Nil(t, voucher.Items[0].Line)
	invoice := get[api.OriginPage](t, h, own, "GET", "/v1/merchants/merchant-1/documents?number=1002", "", http.StatusOK)
	require.Len(t, invoice.Items, 1)
	require.Equal(t, "10002", invoice.Items[0].Line.References["merchant_reference1"])
	require.Equal(t, "1.0.0", invoice.Items[0].Document.ConnectorVersion)
	require.Equal(t, 1, invoice.Items[0].Document.SettingsVersion)
	require.Empty(t, get[api.OriginPage](t, h, own, "GET", "/v1/merchants/merchant-1/documents?number=nothing", "", http.StatusOK).Items)
	require.Empty(t, get[api.OriginPage](t, h, stranger, "GET", "/v1/merchants/merchant-other/documents?number=1002", "", http.StatusOK).Items)
	h.problem(t, own, "GET", "/v1/merchants/merchant-1/documents", "", http.StatusBadRequest)
}
