package e2e_test

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"io"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/adapters/rest/api"
	"github.com/kvitt/kvitt/core/money"
)

// evidenceLeadsToTheBytes takes the evidence of every payout out of the hub and does
// what its README tells an auditor to do.
func (s *stage) evidenceLeadsToTheBytes(t *testing.T, c cast) {
	for _, p := range list[api.Payout](s, "/v1/merchants/"+c.merchant+"/payouts") {
		if p.Effects.Currency != "SEK" {
			continue // rows that are converted are not divided over lines (evidence.converted)
		}
		archive, err := s.client.Bytes(t.Context(), "/v1/payouts/"+p.ID+"/evidence.zip")
		require.NoError(t, err)
		files := unzip(t, archive)
		var index struct {
			Files []struct{ Name, SHA256 string }
		}
		require.NoError(t, json.Unmarshal(files["index.json"], &index))
		require.Len(t, index.Files, len(files)-1)
		for _, f := range index.Files {
			sum := sha256.Sum256(files[f.Name])
			require.Equal(t, f.SHA256, hex.EncodeToString(sum[:]), f.Name)
		}
		lines := named(t, files["lines.csv"])
		require.Len(t, lines, int(p.Counts.Lines))
		var nets []string
		for _, l := range lines {
			nets = append(nets, l["net"])
			bytesShow(t, files["pages/"+l["raw_page"]+".json"], l)
		}
		require.Equal(t, p.Effects.Net, sum(t, nets...))
		made := map[string][]string{}
		for _, row := range named(t, files["contributions.csv"]) {
			made[row["row"]] = append(made[row["row"]], row["amount"])
		}
		rows := named(t, files["vouchers.csv"])
		require.Len(t, made, len(rows))
		for _, row := range rows {
			require.Equal(t, row["amount"], sum(t, made[row["row"]]...), "row %s of %s", row["row"], p.Reference)
		}
	}
}

// bytesShow cuts a line's bytes out of its page: Klarna's own amounts, in minor
// units, and its reference stand in them.
func bytesShow(t *testing.T, page []byte, line map[string]string) {
	t.Helper()
	offset, err := strconv.Atoi(line["raw_offset"])
	require.NoError(t, err)
	length, err := strconv.Atoi(line["raw_length"])
	require.NoError(t, err)
	require.LessOrEqual(t, offset+length, len(page))
	cut := string(page[offset : offset+length])
	for _, column := range []string{"gross", "fee_ex_vat", "fee_vat"} {
		amount, err := money.Parse(line[column], "SEK")
		require.NoError(t, err)
		if !amount.IsZero() {
			require.Contains(t, cut, strconv.FormatInt(amount.Abs().Minor(), 10), "%s of line %s", column, line["ordinal"])
		}
	}
	if line["synthesised"] == "false" {
		require.Contains(t, cut, strconv.Quote(line["merchant_reference1"]), "line %s", line["ordinal"])
	}
}

func unzip(t *testing.T, archive []byte) map[string][]byte {
	t.Helper()
	read, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
	require.NoError(t, err)
	files := map[string][]byte{}
	for _, f := range read.File {
		content, err := f.Open()
		require.NoError(t, err)
		files[f.Name], err = io.ReadAll(content)
		require.NoError(t, err)
	}
	return files
}

// named reads a table, each row by the names of its columns.
func named(t *testing.T, text []byte) []map[string]string {
	t.Helper()
	rows, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	require.NoError(t, err)
	require.NotEmpty(t, rows)
	table := make([]map[string]string, 0, len(rows)-1)
	for _, row := range rows[1:] {
		byName := map[string]string{}
		for i, cell := range row {
			byName[rows[0][i]] = cell
		}
		table = append(table, byName)
	}
	return table
}
