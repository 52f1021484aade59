// Package pdf writes the proof of a payout as the document that is attached to its
// voucher. The same proof gives the same bytes.
package pdf

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"time"

	"codeberg.org/go-pdf/fpdf"

	"github.com/kvitt/kvitt/core/flow/settlement"
	"github.com/kvitt/kvitt/core/money"
)

// Proofs is a settlement.ProofWriter.
type Proofs struct{}

var _ settlement.ProofWriter = Proofs{}

const (
	margin     = 20.0  // mm
	line       = 6.0   // mm
	labelWidth = 110.0 // mm
	valueWidth = 60.0  // mm
)

// WriteProof gives one or two pages of A4: how the payout comes about, the sums by
// kind of row, and the voucher that was planned from it.
func (Proofs) WriteProof(p settlement.Proof) (string, []byte, error) {
	s := newSheet(p)
	s.heading("Payout " + p.Provider + " " + p.Reference)
	s.plain(p.Merchant + ", paid out " + p.Date.String() + ", " + string(p.Proof.Net.Currency()))
	s.effects(p)
	s.sums(p)
	s.voucher(p)
	var out bytes.Buffer
	if err := s.doc.Output(&out); err != nil {
		return "", nil, fmt.Errorf("writing a PDF: %w", err)
	}
	return "application/pdf", out.Bytes(), nil
}

type sheet struct {
	doc *fpdf.Fpdf
	// latin turns UTF-8 into the code page of the built-in fonts.
	latin func(string) string
}

func newSheet(p settlement.Proof) sheet {
	doc := fpdf.New("P", "mm", "A4", "")
	// Fixed dates and no compression keep the bytes the same on every machine.
	made := time.Date(p.Date.Year, p.Date.Month, p.Date.Day, 0, 0, 0, 0, time.UTC)
	doc.SetCreationDate(made)
	doc.SetModificationDate(made)
	doc.SetCatalogSort(true)
	doc.SetCompression(false)
	doc.SetTitle("Payout "+p.Reference, true)
	doc.SetCreator("kvitt", true)
	doc.SetMargins(margin, margin, margin)
	doc.AddPage()
	return sheet{doc: doc, latin: doc.UnicodeTranslatorFromDescriptor("")}
}

func (s sheet) heading(text string) {
	s.doc.SetFont("Helvetica", "B", 16)
	s.doc.CellFormat(0, 2*line, s.latin(text), "", 1, "L", false, 0, "")
}

func (s sheet) section(text string) {
	s.doc.Ln(line)
	s.doc.SetFont("Helvetica", "B", 11)
	s.doc.CellFormat(0, line, s.latin(text), "B", 1, "L", false, 0, "")
}

func (s sheet) plain(text string) {
	s.doc.SetFont("Helvetica", "", 10)
	s.doc.CellFormat(0, line, s.latin(text), "", 1, "L", false, 0, "")
}

func (s sheet) row(label, value string, bold bool) {
	style := ""
	if bold {
		style = "B"
	}
	s.doc.SetFont("Helvetica", style, 10)
	s.doc.CellFormat(labelWidth, line, s.latin(label), "", 0, "L", false, 0, "")
	s.doc.CellFormat(valueWidth, line, s.latin(value), "", 1, "R", false, 0, "")
}

func (s sheet) effects(p settlement.Proof) {
	s.section("How the payout comes about")
	for _, e := range []struct {
		label  string
		amount money.Amount
	}{
		{"Sales", p.Proof.Gross},
		{"Refunds", p.Proof.Refunds},
		{"Fees excluding VAT", p.Proof.Fees},
		{"VAT on fees", p.Proof.FeeVAT},
		{"Reserves held and released", p.Proof.Reserves},
		{"Chargebacks, carried debt and other", p.Proof.Other},
	} {
		s.row(e.label, e.amount.String(), false)
	}
	s.row("Paid out", p.Proof.Net.String(), true)
	s.row("Difference", p.Proof.Difference.String(), true)
}

func (s sheet) sums(p settlement.Proof) {
	s.section(strconv.FormatInt(p.Proof.Lines, 10) + " rows of the settlement")
	for _, sum := range p.Sums {
		net, err := sum.Gross.Sub(sum.FeeExVAT)
		if err == nil {
			net, err = net.Sub(sum.FeeVAT)
		}
		if err != nil {
			continue // a payout of mixed currencies is never planned
		}
		s.row(strings.ReplaceAll(string(sum.Kind), "_", " ")+"  "+sum.RawType+"  ("+strconv.FormatInt(sum.Lines, 10)+")", net.String(), false)
	}
}

func (s sheet) voucher(p settlement.Proof) {
	if !p.Direct.IsZero() {
		s.section("Payments")
		s.row("Brought to the bank account, net of fees written off", p.Direct.String(), false)
	}
	title := "Voucher"
	if rows := p.Voucher.Rows(); len(rows) > 0 && rows[0].Amount.Currency() != p.Proof.Net.Currency() {
		title += " in " + string(rows[0].Amount.Currency())
	}
	s.section(title)
	for _, r := range p.Voucher.Rows() {
		side, amount := "debit", r.Debit()
		if r.Amount.Sign() < 0 {
			side, amount = "credit", r.Credit()
		}
		s.row(string(r.Account)+"  "+r.Text, side+"  "+amount.String(), false)
	}
}
