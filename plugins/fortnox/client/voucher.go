package client

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
)

// Voucher is a booked voucher; lists do not show rows.
type Voucher struct {
	VoucherSeries   Text
	VoucherNumber   Int
	Year            Int
	Description     Text
	Comments        Text
	TransactionDate Date
}

// NewVoucher has the writable fields of a voucher. Its year goes beside it: in
// the body Fortnox ignores it.
type NewVoucher struct {
	VoucherSeries   string
	TransactionDate string
	Description     string
	Comments        string `json:",omitempty"`
	VoucherRows     []NewVoucherRow
}

// NewVoucherRow is one row, in kronor; one of debit and credit is 0.
type NewVoucherRow struct {
	Account                json.Number
	Debit                  json.Number
	Credit                 json.Number
	TransactionInformation string `json:",omitempty"`
}

// CreateVoucher books a voucher in a financial year, for good: nothing changes a
// voucher afterwards.
func (c *Client) CreateVoucher(ctx context.Context, year int, v NewVoucher) (Voucher, error) {
	var made Voucher
	err := c.send(ctx, http.MethodPost, address(inYear(year, nil), "vouchers"), "Voucher", v, &made)
	return made, err
}

// Vouchers lists the vouchers of a series and a financial year that are dated on
// a day.
func (c *Client) Vouchers(ctx context.Context, year int, series, day string, w Window) (Page[Voucher], error) {
	query := w.into(inYear(year, url.Values{"fromdate": {day}, "todate": {day}}))
	return list[Voucher](ctx, c, address(query, "vouchers", "sublist", series), "Vouchers")
}

// AnyVoucher lists at most one voucher of a year, to prove that it may be read.
func (c *Client) AnyVoucher(ctx context.Context, year int) error {
	_, err := list[Voucher](ctx, c, address(Window{Limit: 1}.into(inYear(year, nil)), "vouchers"), "Vouchers")
	return err
}

// inYear adds the id of a financial year. Without it Fortnox takes the year that
// a person has preselected.
func inYear(year int, query url.Values) url.Values {
	if query == nil {
		query = url.Values{}
	}
	query.Set("financialyear", strconv.Itoa(year))
	return query
}
