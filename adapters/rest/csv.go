package rest

import (
	"bytes"
	"context"
	"encoding/csv"
	"mime"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/kvitt/kvitt/core/flow/reconciliation"
)

// wantsCSV reports whether the caller prefers CSV: whether the first type of the
// answers that it accepts is that.
func wantsCSV(ctx context.Context) bool {
	c, ok := ctx.(*gin.Context)
	if !ok {
		return false
	}
	first, _, _ := strings.Cut(c.GetHeader("Accept"), ",")
	media, _, err := mime.ParseMediaType(first)
	return err == nil && media == "text/csv"
}

// statementsCSV writes one row per total, per age and per open item, all items.
func statementsCSV(statements []reconciliation.Statement) ([]byte, error) {
	rows := [][]string{{"row", "account", "currency", "from", "to", "name", "amount", "payout", "reference", "since", "days", "code", "reason"}}
	for _, st := range statements {
		head := func(row string) []string {
			return []string{row, cell(string(st.Account)), string(st.Currency), st.From.String(), st.To.String()}
		}
		for _, total := range [][2]string{
			{"opening", st.Opening.String()},
			{"captures", st.Captures.String()},
			{"refunds", st.Refunds.String()},
			{"fees", st.Fees.String()},
			{"fee_vat", st.FeeVAT.String()},
			{"chargebacks", st.Chargebacks.String()},
			{"reserves", st.Reserves.String()},
			{"other", st.Other.String()},
			{"payouts", st.Payouts.String()},
			{"closing", st.Closing.String()},
			{"open", st.Open.String()},
			{"difference", st.Difference.String()},
		} {
			rows = append(rows, append(head("total"), total[0], total[1], "", "", "", "", "", ""))
		}
		for _, age := range st.Ages {
			name := strconv.Itoa(age.From) + " to " + strconv.Itoa(age.To) + " days"
			if age.To == 0 {
				name = strconv.Itoa(age.From) + " days and more"
			}
			rows = append(rows, append(head("age"), name, age.Sum.String(), "", "", "", "", "", ""))
		}
		for _, item := range st.Items {
			rows = append(rows, append(head("item"), "", item.Amount.String(), cell(item.Payout), cell(item.Reference),
				item.Since.String(), strconv.Itoa(item.Days), cell(item.Code), cell(item.Reason)))
		}
	}
	var text bytes.Buffer
	w := csv.NewWriter(&text)
	w.UseCRLF = true // RFC 4180
	err := w.WriteAll(rows)
	return text.Bytes(), err
}

// cell makes a foreign text harmless. Spreadsheets calculate what begins like a
// formula; an apostrophe in front makes it a text (OWASP, CSV injection).
func cell(text string) string {
	if strings.ContainsAny(firstOf(text), "=+-@\t\r\n＝＋－＠") {
		return "'" + text
	}
	return text
}

// firstOf gives the first character.
func firstOf(text string) string {
	for _, r := range text {
		return string(r)
	}
	return ""
}
