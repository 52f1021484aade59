package server

import (
	"bytes"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
)

func (s *server) payoutPDF(r *http.Request) (reply, *failure) {
	e, failed := s.find(r.URL.Query().Get("payment_reference"))
	if failed != nil {
		return reply{}, failed
	}
	return reply{
		body:     document([][]string{e.lines()}),
		filename: "settlement." + e.PaymentReference + ".pdf",
	}, nil
}

func (s *server) rangePDF(r *http.Request) (reply, *failure) {
	filter, failed := readWindow(r, true)
	if failed != nil {
		return reply{}, failed
	}
	pages := [][]string{}
	for _, e := range filter.apply(s.books.visible(s.control.Now())) {
		pages = append(pages, e.lines())
	}
	if len(pages) == 0 {
		pages = [][]string{{"No settlements in this period"}}
	}
	return reply{body: document(pages), filename: "settlements.pdf"}, nil
}

// lines are the text of a payout's page.
func (e *entry) lines() []string {
	lines := []string{
		"Settlement " + e.PaymentReference,
		"Payout date " + e.PayoutDate,
		"Merchant " + e.MerchantID + "  " + e.MerchantSettlementType,
		"",
	}
	for _, total := range slices.Sorted(maps.Keys(e.Totals)) {
		lines = append(lines, fmt.Sprintf("%s  %s %s", total, decimal(e.Totals[total]), e.CurrencyCode))
	}
	return lines
}

// document writes a small PDF 1.4 file, one page of plain lines per element of
// pages. Objects 1 to 3 are catalogue, page tree and font; then each page takes
// two, itself and its content.
func document(pages [][]string) []byte {
	var kids strings.Builder
	objects := make([]string, 3, 3+2*len(pages))
	for i, lines := range pages {
		number := 4 + 2*i
		fmt.Fprintf(&kids, "%d 0 R ", number)
		content := pageContent(lines)
		objects = append(objects,
			fmt.Sprintf("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] "+
				"/Resources << /Font << /F1 3 0 R >> >> /Contents %d 0 R >>", number+1),
			fmt.Sprintf("<< /Length %d >>\nstream\n%s\nendstream", len(content), content))
	}
	objects[0] = "<< /Type /Catalog /Pages 2 0 R >>"
	objects[1] = fmt.Sprintf("<< /Type /Pages /Kids [%s] /Count %d >>", kids.String(), len(pages))
	objects[2] = "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>"
	return assemble(objects)
}

// pageContent shows the lines below one another in 10 point type.
func pageContent(lines []string) string {
	var b strings.Builder
	b.WriteString("BT /F1 10 Tf 14 TL 56 786 Td")
	for _, line := range lines {
		fmt.Fprintf(&b, "\n(%s) Tj T*", escape(line))
	}
	b.WriteString("\nET")
	return b.String()
}

// escape makes a PDF string of printable ASCII; anything else becomes a question
// mark.
func escape(line string) string {
	var b strings.Builder
	for _, r := range line {
		switch {
		case r == '(' || r == ')' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r < ' ' || r > '~':
			b.WriteByte('?')
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// assemble numbers the objects from 1 and adds header, cross-reference table and
// trailer.
func assemble(objects []string) []byte {
	var b bytes.Buffer
	b.WriteString("%PDF-1.4\n")
	offsets := make([]int, len(objects))
	for i, object := range objects {
		offsets[i] = b.Len()
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, object)
	}
	table := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(objects)+1)
	for _, offset := range offsets {
		fmt.Fprintf(&b, "%010d 00000 n \n", offset)
	}
	fmt.Fprintf(&b, "trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n", len(objects)+1, table)
	return b.Bytes()
}
