package settlement

import (
	"encoding/json"
	"fmt"

	"github.com/kvitt/kvitt/core/booking"
	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/flow/posting"
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
)

// ProofWriter writes the document that goes with a payout's voucher.
type ProofWriter interface {
	// WriteProof gives the file; the same proof gives the same bytes.
	WriteProof(p Proof) (mediaType string, content []byte, err error)
}

// Proof is what the document that goes with a voucher shows.
type Proof struct {
	Merchant  string
	Provider  string
	Reference string
	Date      civil.Date
	Proof     payout.Proof
	Sums      []ports.LineSum
	Voucher   ledger.Voucher
	// Direct is what payments of documents bring to the bank account by themselves,
	// so that the voucher's bank row is the rest of the net.
	Direct money.Amount
}

func (w *work) proofStep(p ports.PayoutRecord, entry booking.Entry, sums []ports.LineSum) (ports.Step, error) {
	byKind, err := KindSums(sums)
	if err != nil {
		return ports.Step{}, err
	}
	proof, err := payout.Prove(p.Payout, byKind)
	if err != nil {
		return ports.Step{}, err
	}
	direct, err := directNet(p.Net.Currency(), sums)
	if err != nil {
		return ports.Step{}, err
	}
	mediaType, content, err := w.proofs.WriteProof(Proof{
		Merchant: w.merchant.Name, Provider: w.source.Description().Name, Reference: p.Reference, Date: w.date(p),
		Proof: proof, Sums: sums, Voucher: entry.Voucher, Direct: direct,
	})
	if err != nil {
		return ports.Step{}, fmt.Errorf("writing the proof of payout %s: %w", p.Reference, err)
	}
	stored, err := json.Marshal(posting.File{
		Voucher: stepKey(p, "V1"), FileName: "kvitt-" + identify("", p.ID, issue(p)+string(content)) + extension(mediaType),
		MediaType: mediaType, Content: content,
	})
	return ports.Step{
		PayoutID: p.ID, Kind: ports.StepAttachment, Key: stepKey(p, "A1"), State: ports.StepPlanned,
		Content: stored, SettingsVersion: w.flow.SettingsVersion,
	}, err
}

func extension(mediaType string) string {
	switch mediaType {
	case "application/pdf":
		return ".pdf"
	case "text/html":
		return ".html"
	}
	return ".txt"
}
