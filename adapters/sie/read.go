package sie

import (
	"fmt"
	"io"
	"strings"
	"unicode"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/money"
)

// MaxSize is the size in bytes above which a file is refused.
const MaxSize = 64 << 20

// Read reads a SIE file of type 4, whole. The error is a *fault.Error that names
// line and field if the file is at fault, and otherwise that of r.
func Read(r io.Reader) (File, error) {
	raw, err := io.ReadAll(io.LimitReader(r, MaxSize+1))
	if err != nil {
		return File{}, fmt.Errorf("reading a SIE file: %w", err)
	}
	if len(raw) > MaxSize {
		return File{}, fault.New(CodeTooLarge, fault.Validation, fmt.Sprintf("the file is larger than %d MiB", MaxSize>>20)).
			WithRemedy("export one financial year at a time")
	}
	p := newReader()
	text, written := decode(raw, func(remark string) { p.warnings.add(0, remark) })
	p.sum.written = written
	number := 0
	for line := range strings.SplitSeq(text, "\n") {
		number++
		if err := p.read(number, line); err != nil {
			return File{}, err
		}
	}
	return p.finish()
}

// reader turns records into a File.
type reader struct {
	file     File
	warnings warnings
	sum      checksum
	// last is the record that was read last.
	last record
	// labels are those read so far.
	labels map[string]bool
	// accounts points into the chart.
	accounts map[ledger.Account]int
	// counted tells that an amount has been read, so that the currency is fixed.
	counted bool
	voucher *frame
	// moved is what the vouchers add to each account.
	moved map[ledger.Account]money.Amount
	// numbers is the last voucher number of each series.
	numbers map[string]int
}

func newReader() *reader {
	return &reader{
		file: File{
			Currency: "SEK", // SIE 4B: a file that names no currency is in kronor
			Opening:  Balances{}, Closing: Balances{}, Result: Balances{},
		},
		labels:   map[string]bool{},
		accounts: map[ledger.Account]int{},
		moved:    map[ledger.Account]money.Amount{},
		numbers:  map[string]int{},
	}
}

// read reads one line of the file.
func (p *reader) read(number int, line string) error {
	line = strings.Trim(line, blanks+"\r")
	if line == "" {
		return nil
	}
	r := split(number, p.printable(number, line))
	if len(p.labels) == 0 && r.label != "#FLAGGA" {
		return fault.Invalid(CodeNotSIE, fmt.Sprintf("line %d", number), "a SIE file begins with #FLAGGA").
			WithRemedy("choose a file that was exported as SIE type 4")
	}
	if p.sum.state == summed {
		return record{line: number}.fault(CodeChecksum, "", "records follow the checksum, which ends the file")
	}
	if err := p.record(r); err != nil {
		return err
	}
	p.labels[r.label] = true
	p.last = r
	return nil
}

// printable gives the line with a space for each control character, which the
// standard forbids; the tab separates fields.
func (p *reader) printable(number int, line string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\t' || !unicode.IsControl(r) && r != unicode.ReplacementChar:
			return r
		case r == unicode.ReplacementChar:
			p.warnings.add(number, "a character is damaged")
			return r
		}
		p.warnings.add(number, "a control character stands for a space")
		return ' '
	}, line)
}
