package hub_test

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/adapters/pdf"
	"github.com/kvitt/kvitt/core/flow/evidence"
	"github.com/kvitt/kvitt/core/flow/remote"
	"github.com/kvitt/kvitt/core/flow/settlement"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/server/clock"
)

// witness is a provider that hands over the pages it answers with.
type witness struct{ *fakeProvider }

func (p witness) ListPayoutLines(ctx context.Context, req ports.ListPayoutLinesRequest) (ports.LinePage, error) {
	page, err := p.fakeProvider.ListPayoutLines(ctx, req)
	text := fmt.Appendf(nil, `{"payout":%q,"cursor":%q,"rows":[`, req.Reference, req.Cursor)
	for i, l := range page.Lines {
		row := fmt.Appendf(nil, `{"type":%q,"ref":%q,"gross":%d,"fee":%d,"vat":%d}`,
			l.RawType, l.References[payout.MerchantReference1], l.Gross.Minor(), l.FeeExVAT.Minor(), l.FeeVAT.Minor())
		page.Lines[i].Raw = payout.Raw{Offset: int64(len(text)), Length: int64(len(row))}
		text = append(append(text, row...), ',')
	}
	text = append(bytes.TrimSuffix(text, []byte(",")), "]}"...)
	sum := sha256.Sum256(text)
	for i := range page.Lines {
		page.Lines[i].Raw.Page = hex.EncodeToString(sum[:])
	}
	page.Raw = []ports.RawPage{{SHA256: hex.EncodeToString(sum[:]), MediaType: "application/json; charset=utf-8", Bytes: text}}
	return page, err
}

// witnessed is a payout with a line of nearly every kind, run to its end.
//
// 1 000.00 + 250.00 + 99.90 − 120.00 − 26.05 − 6.51 + 1.20 + 0.30 − 75.00 − 50.00 − 3.33 = 1 070.51.
func witnessed(t *testing.T) *world {
	t.Helper()
	other := func(key string, kind payout.Kind, rawType string, gross int64) payout.Line {
		l := sale(key, 0)
		l.Key, l.Kind, l.RawType, l.Gross = key, kind, rawType, sek(gross)
		return l
	}
	back := fee("1003", -120, -30)
	back.Key = "fee/back"
	p := provider(
		3, paid("P1", 107051),
		sale("1001", 100000), fee("1001", 2050, 512), sale("1002", 25000), fee("1002", 555, 139),
		sale(`=HYPERLINK("http://evil")`, 9990), refund("1003", 12000), back,
		other("dispute", payout.Chargeback, "CHARGEBACK", -7500), other("held", payout.Reserve, "HOLDBACK", -5000),
		other("odd", payout.Adjustment, "CORRECTION", -333))
	w := newWorld(t, p, newFakeBooks(invoiced("1", "1001", 100000), invoiced("2", "1002", 25000), invoiced("3", "1003", -12000)))
	desk := remote.NewDesk(w.store, fakeCatalogue{"fakepay": witness{p}, "fakebooks": w.books}, plainSecrets{}, noTokens{},
		clock.Machine{}, remote.Options{Owner: "test", Deadline: time.Minute})
	w.service = settlement.New(w.store, desk, w.clock, time.Now, pdf.Proofs{}, hclog.NewNullLogger(), settlement.DefaultOptions())
	run := w.run()
	require.Equal(t, ports.RunDone, run.State, "%+v", run.Fault)
	require.Equal(t, payout.Booked, w.payout("P1").State)
	return w
}

// unpacked is an archive as an auditor has it in front of him.
type unpacked map[string][]byte

func unpack(t *testing.T, archive []byte) unpacked {
	t.Helper()
	read, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
	require.NoError(t, err)
	files := unpacked{}
	for _, f := range read.File {
		content, err := f.Open()
		require.NoError(t, err)
		files[f.Name], err = io.ReadAll(content)
		require.NoError(t, err)
	}
	return files
}

// table reads a table, each row by the names of its columns.
func (u unpacked) table(t *testing.T, name string) []map[string]string {
	t.Helper()
	rows, err := csv.NewReader(bytes.NewReader(u[name])).ReadAll()
	require.NoError(t, err)
	require.NotEmpty(t, rows)
	var table []map[string]string
	for _, row := range rows[1:] {
		named := map[string]string{}
		for i, cell := range row {
			named[rows[0][i]] = cell
		}
		table = append(table, named)
	}
	return table
}

func kronor(t *testing.T, text string) money.Amount {
	t.Helper()
	amount, err := money.Parse(text, "SEK")
	require.NoError(t, err)
	return amount
}

func exported(t *testing.T, w *world) unpacked {
	t.Helper()
	var first, second bytes.Buffer
	reader := evidence.New(w.store)
	require.NoError(t, reader.Export(t.Context(), w.payout("P1").ID, &first))
	require.NoError(t, reader.Export(t.Context(), w.payout("P1").ID, &second))
	require.Equal(t, first.Bytes(), second.Bytes(), "the same payout gives the same bytes")
	return unpack(t, first.Bytes())
}

func TestEveryFileOfTheEvidenceHasTheHashThatTheIndexSays(t *testing.T) {
	t.Parallel()
	w := witnessed(t)
	files := exported(t, w)
	var index struct {
		Format  string
		Payout  struct{ Reference, Net string }
		Missing []string `json:"missing_pages"`
		Files   []struct {
			Name, SHA256 string
			Bytes        int
		}
	}
	require.NoError(t, json.Unmarshal(files["index.json"], &index))
	require.Equal(t, evidence.Format, index.Format)
	require.Equal(t, "P1", index.Payout.Reference)
	require.Equal(t, "1070.51", index.Payout.Net)
	require.Empty(t, index.Missing)
	require.Len(t, index.Files, len(files)-1, "all but the index itself")
	pages := 0
	for _, f := range index.Files {
		sum := sha256.Sum256(files[f.Name])
		require.Equal(t, f.SHA256, hex.EncodeToString(sum[:]), f.Name)
		require.Len(t, files[f.Name], f.Bytes, f.Name)
		if name, isPage := strings.CutPrefix(f.Name, "pages/"); isPage {
			pages++
			require.Equal(t, f.SHA256+".json", name)
		}
	}
	require.Equal(t, 4, pages, "ten lines, three to a page")
}

func TestTheBytesOfEachLineShowItsAmountsAndReference(t *testing.T) {
	t.Parallel()
	w := witnessed(t)
	files := exported(t, w)
	lines := files.table(t, "lines.csv")
	require.Len(t, lines, 10)
	total := money.Zero("SEK")
	for _, l := range lines {
		page := files["pages/"+l["raw_page"]+".json"]
		offset, err := strconv.Atoi(l["raw_offset"])
		require.NoError(t, err)
		length, err := strconv.Atoi(l["raw_length"])
		require.NoError(t, err)
		var row struct {
			Type, Ref       string
			Gross, Fee, VAT int64
		}
		require.NoError(t, json.Unmarshal(page[offset:offset+length], &row), "the bytes are the row and nothing else")
		require.Equal(t, kronor(t, l["gross"]).Minor(), row.Gross)
		require.Equal(t, kronor(t, l["fee_ex_vat"]).Minor(), row.Fee)
		require.Equal(t, kronor(t, l["fee_vat"]).Minor(), row.VAT)
		require.Equal(t, l["raw_type"], row.Type)
		require.Equal(t, strings.TrimPrefix(l["merchant_reference1"], "'"), row.Ref)
		total, err = total.Add(kronor(t, l["net"]))
		require.NoError(t, err)
	}
	require.Equal(t, "1070.51", total.String(), "the lines are the payout")
	require.Equal(t, `'=HYPERLINK("http://evil")`, lines[4]["merchant_reference1"], "a spreadsheet must not run it")
	require.Equal(t, "-120.00", lines[5]["gross"], "our own numbers stay numbers")
	require.Equal(t, []string{"1", "merchant_reference1=external_reference_1"}, []string{lines[0]["document"], lines[0]["rule"]})
}

func TestTheLinesOfTheEvidenceAddUpToEachRowOfTheVoucher(t *testing.T) {
	t.Parallel()
	w := witnessed(t)
	files := exported(t, w)
	sums := map[string]money.Amount{}
	for _, c := range files.table(t, "contributions.csv") {
		sum, err := sums[c["row"]].Add(kronor(t, c["amount"]))
		require.NoError(t, err)
		sums[c["row"]] = sum
	}
	rows := map[string]string{}
	for _, r := range files.table(t, "vouchers.csv") {
		require.Equal(t, r["amount"], sums[r["row"]].String(), "row %s: %s %s", r["row"], r["account"], r["meaning"])
		require.Equal(t, "0.00", r["difference"])
		require.Equal(t, "K-1-3", r["number"])
		rows[r["account"]+" "+r["meaning"]] = r["amount"]
	}
	// By hand: sales less refunds 1 000.00 + 250.00 + 99.90 − 120.00 = 1 229.90, and
	// the 3.33 that nobody explains stays there, too.
	require.Equal(t, map[string]string{
		"1930 bank": "1070.51", "1686 clearing": "-1226.57", "6040 fee": "26.05", "2641 fee_vat": "6.51",
		"6040 fee_returned": "-1.20", "2641 fee_vat_returned": "-0.30", "1516 chargeback": "75.00", "1689 reserve": "50.00",
	}, rows)
	require.Len(t, sums, len(rows))
}

func TestADocumentInTheBooksLeadsBackToThePayout(t *testing.T) {
	t.Parallel()
	w := witnessed(t)
	reader := evidence.New(w.store)
	find := func(number string) []evidence.Origin {
		found, err := reader.ByNumber(t.Context(), "m-1", number, ports.Page{Limit: 10})
		require.NoError(t, err)
		return found
	}
	voucher := find("K-1-3")
	require.Len(t, voucher, 1)
	require.Equal(t, "P1", voucher[0].Of.Payout.Reference)
	require.Equal(t, 1, voucher[0].SettingsVersion)
	require.Equal(t, "1.0.0", voucher[0].ConnectorVersion)
	require.Nil(t, voucher[0].Line)
	invoice := find("2")
	require.NotEmpty(t, invoice)
	// The number may be that of a payment too, as they are made several at a time.
	at := slices.IndexFunc(invoice, func(o evidence.Origin) bool { return o.Kind == ports.StepPayment && o.Document == "2" })
	require.GreaterOrEqual(t, at, 0)
	payment := invoice[at]
	require.Equal(t, "1002", payment.Line.References[payout.MerchantReference1])
	excerpt, err := reader.Source(t.Context(), payment.Line.ID)
	require.NoError(t, err)
	require.Equal(t, `{"type":"SALE","ref":"1002","gross":25000,"fee":0,"vat":0}`, string(excerpt.Bytes))
	require.Equal(t, "application/json; charset=utf-8", excerpt.MediaType)
}

// proven requires that the lines make every row of the payout's vouchers, and gives
// what stands on each account.
func proven(t *testing.T, w *world) map[string]string {
	t.Helper()
	e, err := evidence.New(w.store).Payout(t.Context(), w.payout("P1").ID)
	require.NoError(t, err)
	rows := map[string]string{}
	for _, v := range e.Vouchers {
		for _, row := range v.Rows {
			require.True(t, row.Difference.IsZero(), "%s %s: %s", row.Account, row.Meaning, row.Difference)
			rows[string(row.Account)+" "+row.Meaning] = row.Amount.String()
		}
	}
	return rows
}

func TestTheEvidenceFollowsTheSettingsThatMadeThePlan(t *testing.T) {
	t.Parallel()
	w := newWorld(t, plainProvider(1), plainBooks())
	w.run()
	w.set(`{"accounts":{"fee":"6064","clearing":{"SEK":"1580"}}}`)
	require.Equal(t, map[string]string{"1930 bank": "340.00", "1686 clearing": "-350.00", "6040 fee": "8.00", "2641 fee_vat": "2.00"}, proven(t, w))
}

func TestTheEvidenceLeavesOutWhatPaymentsBringToTheBank(t *testing.T) {
	t.Parallel()
	// 100.00 less 10.00 of fees is paid to the bank with the invoice; 250.00 less
	// 20.00 without an invoice comes by the voucher: 320.00 in all.
	lines := append(in("a", sale("1001", 10000), fee("1001", 800, 200)), in("b", sale("1002", 25000), fee("1002", 1600, 400))...)
	w := newWorld(t, provider(2, paid("P1", 32000), lines...), newFakeBooks(invoiced("1", "1001", 10000)))
	w.set(direct)
	w.run()
	require.Equal(t, map[string]string{"1930 bank": "230.00", "1686 clearing": "-250.00", "6040 fee": "16.00", "2641 fee_vat": "4.00"}, proven(t, w))
}
