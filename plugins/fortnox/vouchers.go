package main

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/plugins/fortnox/client"
	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/sdk/upstream"
)

// Faults of vouchers.
const (
	// CodeAmbiguousVoucher: several vouchers carry the key that only one may carry.
	CodeAmbiguousVoucher fault.Code = "erp.ambiguous_voucher"
	// CodeVoucherUnnumbered: a voucher was booked without a number.
	CodeVoucherUnnumbered fault.Code = "fortnox.voucher_unnumbered"
	// CodeSeries: the voucher names no series.
	CodeSeries fault.Code = "erp.series_missing"
)

// EnsureVoucher implements ports.Vouchers. The description ends with the key, and
// a later attempt searches the series on the voucher's date for it.
func (c *Connector) EnsureVoucher(ctx context.Context, req ports.VoucherRequest) (ports.VoucherResult, error) {
	return upstream.Serve(c.open(req.Call, 0), func(s *session) (ports.VoucherResult, error) { return s.ensureVoucher(ctx, req) })
}

func (s *session) ensureVoucher(ctx context.Context, req ports.VoucherRequest) (ports.VoucherResult, error) {
	if req.Series == "" {
		return ports.VoucherResult{}, fault.Invalid(CodeSeries, "series", "the voucher names no series").From(fault.Connector).
			WithRemedy("choose a series of vouchers in the settings")
	}
	body, err := voucherBody(req.Series, req.Key, req.Voucher)
	if err != nil {
		return ports.VoucherResult{}, err
	}
	year, err := s.year(ctx, req.Voucher.Date())
	if err != nil {
		return ports.VoucherResult{}, err
	}
	if req.Attempt > 1 {
		number, found, err := s.lookForVoucher(ctx, int(year.ID), req)
		if err != nil || found {
			return ports.VoucherResult{Number: number, Outcome: ports.Found}, err
		}
	}
	if s.Left() < 1 {
		return ports.VoucherResult{}, upstream.Exhausted(req.Write)
	}
	made, err := s.CreateVoucher(ctx, int(year.ID), body)
	if err != nil {
		return ports.VoucherResult{}, err
	}
	if made.VoucherNumber == 0 {
		return ports.VoucherResult{}, fault.New(CodeVoucherUnnumbered, fault.Unknown, "Fortnox booked a voucher and did not say its number").
			From(fault.Upstream)
	}
	return ports.VoucherResult{Number: voucherNumber(made, req.Series, year), Outcome: ports.Created}, nil
}

func voucherNumber(v client.Voucher, series string, year client.Year) ports.VoucherNumber {
	number := ports.VoucherNumber{Series: series, Number: strconv.Itoa(int(v.VoucherNumber)), Year: yearID(year)}
	if v.VoucherSeries != "" {
		number.Series = string(v.VoucherSeries)
	}
	if v.Year != 0 {
		number.Year = strconv.Itoa(int(v.Year))
	}
	return number
}

// lookForVoucher finds the voucher that carries the key.
func (s *session) lookForVoucher(ctx context.Context, year int, req ports.VoucherRequest) (ports.VoucherNumber, bool, error) {
	found, err := all(s.connector.pageSize, func(v client.Voucher) string { return strconv.Itoa(int(v.VoucherNumber)) },
		func(w client.Window) (client.Page[client.Voucher], error) {
			return s.Vouchers(ctx, year, req.Series, req.Voucher.Date().String(), w)
		})
	if err != nil {
		return ports.VoucherNumber{}, false, upstream.Unsettled(err)
	}
	found = slices.DeleteFunc(found, func(v client.Voucher) bool {
		return !strings.Contains(string(v.Description), req.Key) && !strings.Contains(string(v.Comments), req.Key)
	})
	switch len(found) {
	case 0:
		return ports.VoucherNumber{}, false, nil
	case 1:
		return voucherNumber(found[0], req.Series, client.Year{ID: client.Int(year)}), true, nil
	}
	return ports.VoucherNumber{}, false, fault.New(CodeAmbiguousVoucher, fault.Duplicate, strconv.Itoa(len(found))+" vouchers carry the key "+req.Key).
		From(fault.Upstream).WithRemedy("reverse the vouchers that are too many in Fortnox")
}
