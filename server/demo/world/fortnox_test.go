package world_test

import (
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // dates are checked against the real zone

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/server/demo/world"
)

// total of a document in öre, recomputed from its rows.
func total(t require.TestingT, i world.Invoice) int64 {
	sum := decimal.Zero
	for _, row := range i.Rows {
		price, err := decimal.NewFromString(row.Price)
		require.NoError(t, err)
		quantity, err := decimal.NewFromString(row.Quantity)
		require.NoError(t, err)
		sum = sum.Add(price.Mul(quantity))
	}
	return sum.Shift(2).IntPart()
}

// find gives the documents of one direction (+1 invoice, −1 credit invoice) that
// carry a reference of the row, and the place where it stood.
func find(w world.World, row world.Transaction, credit bool) (found []world.Invoice, place string) {
	for _, i := range w.Fortnox.Invoices {
		if (i.CreditOf != "") != credit {
			continue
		}
		switch {
		case row.MerchantReference1 == "": // no order, no document
		case row.MerchantReference1 == i.ExternalReference1:
			found, place = append(found, i), "external_reference_1"
		case row.MerchantReference1 == i.YourOrderNumber:
			found, place = append(found, i), "your_order_number"
		case row.MerchantReference2 != "" && row.MerchantReference2 == i.OCR:
			found, place = append(found, i), "ocr"
		}
	}
	return found, place
}

// outcome is what must become of the sales and refunds of a world.
type outcome struct {
	noDocument, differs, paid []world.Transaction
	// settled are rows whose document fits.
	settled []world.Transaction
	places  map[string]int
}

func outcomes(t require.TestingT, w world.World) outcome {
	byHand := map[string]bool{}
	for _, p := range w.Fortnox.Payments {
		byHand[p.Invoice] = true
	}
	o := outcome{places: map[string]int{}}
	for _, p := range w.Klarna.Payouts {
		for _, row := range p.Transactions {
			credit := row.DetailedType == "PURCHASE_RETURN"
			if !credit && row.Type != "SALE" {
				continue
			}
			sign := int64(1)
			if credit {
				sign = -1
			}
			found, place := find(w, row, credit)
			require.LessOrEqual(t, len(found), 1, "no row fits two documents")
			switch {
			case len(found) == 0:
				o.noDocument = append(o.noDocument, row)
				continue
			case total(t, found[0]) != sign*row.Amount:
				o.differs = append(o.differs, row)
			case byHand[found[0].Number]:
				o.paid = append(o.paid, row)
			default:
				o.settled = append(o.settled, row)
			}
			o.places[place]++
			require.True(t, found[0].Booked)
			require.Less(t, found[0].Date, p.PayoutDate.Format(time.DateOnly), "documents are older than the payout")
			require.Equal(t, stockholm(t, row.CaptureDate), found[0].Date)
		}
	}
	return o
}

func stockholm(t require.TestingT, moment time.Time) string {
	zone, err := time.LoadLocation("Europe/Stockholm")
	require.NoError(t, err)
	return moment.In(zone).Format(time.DateOnly)
}

func TestExactlyThreeSalesAreExceptions(t *testing.T) {
	t.Parallel()
	checkExceptions(t, load(t))
}

func checkExceptions(t require.TestingT, w world.World) {
	o := outcomes(t, w)
	require.Len(t, o.noDocument, 1)
	require.Len(t, o.differs, 1)
	require.Len(t, o.paid, 1)
	for _, row := range []world.Transaction{o.noDocument[0], o.differs[0], o.paid[0]} {
		require.Equal(t, "SALE", row.Type)
	}
	// A line waits seven days for its invoice; this one has waited longer.
	require.Greater(t, w.Now.Sub(payoutOf(w, o.noDocument[0]).PayoutDate), 7*24*time.Hour)
	require.EqualValues(t, 549_00, o.differs[0].Amount)
	invoice, _ := find(w, o.differs[0], false)
	require.EqualValues(t, 499_00, total(t, invoice[0]))
	require.Len(t, w.Fortnox.Payments, 1)
	require.Equal(t, 1930, w.Fortnox.Payments[0].Account)
	require.Equal(t, kronor(o.paid[0].Amount), w.Fortnox.Payments[0].Amount)

	require.Greater(t, o.places["external_reference_1"], o.places["your_order_number"]+o.places["ocr"])
	require.GreaterOrEqual(t, o.places["your_order_number"], 5)
	require.GreaterOrEqual(t, o.places["ocr"], 5)
}

func payoutOf(w world.World, row world.Transaction) world.Payout {
	for _, p := range w.Klarna.Payouts {
		if p.PaymentReference == row.PaymentReference {
			return p
		}
	}
	return world.Payout{}
}

func TestTheReturnFeeStandsOnTheCreditInvoice(t *testing.T) {
	t.Parallel()
	w := load(t)
	found := 0
	for _, i := range w.Fortnox.Invoices {
		if i.CreditOf == "" {
			continue
		}
		for _, row := range i.Rows {
			if !strings.HasPrefix(row.Quantity, "-") {
				found++
				require.Equal(t, "5.00", row.Price)
				require.EqualValues(t, -95_00, total(t, i))
				require.Len(t, i.Rows, 2)
				require.Equal(t, "100.00", i.Rows[0].Price)
			}
		}
	}
	require.Equal(t, 1, found)
}

func TestVATFollowsTheDayOfTheSale(t *testing.T) {
	t.Parallel()
	w := load(t)
	accounts := map[int]int{25: 3001, 12: 3002, 6: 3003, 0: 3004}
	byNumber := map[string]world.Invoice{}
	rates, several := map[int]int{}, 0
	for _, i := range w.Fortnox.Invoices {
		byNumber[i.Number] = i
		sold := i.Date
		if i.CreditOf != "" {
			original, ok := byNumber[i.CreditOf]
			require.True(t, ok, "a credit invoice comes after its invoice")
			sold = original.Date
		}
		if len(i.Rows) > 1 {
			several++
		}
		for _, row := range i.Rows {
			rates[row.VAT]++
			require.Equal(t, accounts[row.VAT], row.Account)
			for _, food := range []string{"Honung", "Olivolja", "Örtte", "Rabarbermarmelad"} {
				if strings.HasPrefix(row.Description, food) && sold < "2026-04-01" {
					require.Equal(t, 12, row.VAT)
				} else if strings.HasPrefix(row.Description, food) {
					require.Equal(t, 6, row.VAT)
				}
			}
		}
	}
	for rate := range accounts {
		require.Positive(t, rates[rate], "rate %d occurs", rate)
	}
	require.Greater(t, several, 20)
}

func TestStrangersStayUnpaidAndTrapSearchesForParts(t *testing.T) {
	t.Parallel()
	w := load(t)
	known := map[string]bool{}
	var references, ocrs []string
	for _, p := range w.Klarna.Payouts {
		for _, row := range p.Transactions {
			if row.Type == "SALE" {
				references, ocrs = append(references, row.MerchantReference1), append(ocrs, row.MerchantReference2)
			}
			for _, credit := range []bool{false, true} {
				found, _ := find(w, row, credit)
				for _, i := range found {
					known[i.Number] = true
				}
			}
		}
	}
	require.Contains(t, references, "1234")
	require.Contains(t, references, "12345")
	missing := outcomes(t, w).noDocument[0]
	var strangers int
	traps := map[string]bool{}
	for _, i := range w.Fortnox.Invoices {
		if known[i.Number] {
			continue
		}
		strangers++
		require.NotEqual(t, missing.Amount, total(t, i), "not even the amount fits")
		for _, p := range w.Fortnox.Payments {
			require.NotEqual(t, i.Number, p.Invoice)
		}
		traps["missing"] = traps["missing"] || strings.Contains(i.ExternalReference1, missing.MerchantReference1)
		traps["order"] = traps["order"] || strings.Contains(i.YourOrderNumber, "1234")
		for _, ocr := range ocrs {
			traps["ocr"] = traps["ocr"] || ocr != "" && strings.Contains(i.OCR, ocr)
		}
	}
	require.GreaterOrEqual(t, strangers, 3)
	require.Equal(t, map[string]bool{"missing": true, "order": true, "ocr": true}, traps)
}

func TestTheCompanyCanBookWhatTheDefaultsName(t *testing.T) {
	t.Parallel()
	w := load(t)
	chart := map[int]bool{}
	for _, a := range w.Fortnox.Accounts {
		require.False(t, chart[a.Number], "account %d once", a.Number)
		chart[a.Number] = a.Active
	}
	for _, number := range []int{
		1510, 1516, 1686, 1689, 1930, 2420, 2421, 2611, 2614, 2621, 2631, 2641, 2645, 2999, 3001, 3002, 3003, 3004,
		3740, 3960, 4531, 4535, 4598, 6040, 6064, 6380, 7960,
	} {
		require.True(t, chart[number], "account %d", number)
	}
	for _, m := range w.Fortnox.ModesOfPayment {
		require.True(t, chart[m.Account])
	}
	// Letters, digits, space and some signs are all that Fortnox takes in texts.
	allowed := regexp.MustCompile(`^[\p{L}\d –:.,&/%()+=_*!?-]+$`)
	numbers := map[string]bool{}
	for n, i := range w.Fortnox.Invoices {
		require.Equal(t, strconv.Itoa(1001+n), i.Number)
		require.False(t, numbers[i.Number])
		numbers[i.Number] = true
		require.Regexp(t, allowed, i.CustomerName)
		for _, row := range i.Rows {
			require.Regexp(t, allowed, row.Description)
			require.True(t, chart[row.Account])
		}
		require.GreaterOrEqual(t, i.Date, "2026-03-30")
	}
}
