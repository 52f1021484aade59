package swap

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/replay"
	"github.com/kvitt/kvitt/core/flow/walk"
	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
)

// compare has the new version read recent payouts again. What it reads otherwise is
// listed; where that would have been booked otherwise, the swap ends.
func (a *act) compare() error {
	swap := a.look()
	to, list, err := a.candidate()
	if err != nil {
		return err
	}
	// Every connection has its share, however many there are.
	share := min(a.parts.Options.Recent, max(a.parts.Options.Payouts/max(len(list), 1), 1))
	blocking := 0
	for _, c := range list {
		payouts, err := a.recent(c, share)
		if err != nil {
			return err
		}
		for _, p := range payouts {
			blocks, err := a.comparePayout(p, to)
			if err != nil {
				return err
			}
			blocking += blocks
		}
	}
	if blocking == 0 || swap.Accept {
		return nil
	}
	return fault.New(CodeDiffers, fault.Conflict, fmt.Sprintf("version %s reads %d field(s) of booked lines otherwise than they are stored", swap.To, blocking)).
		From(fault.Connector).WithRemedy("look at `differences`; if the new version is right, swap with accept_differences and mend the books by undoing those payouts")
}

// recent gives the newest payouts of a connection that have all their lines.
func (a *act) recent(c ports.ConnectionRecord, most int) ([]ports.PayoutRecord, error) {
	return walk.View(a.ctx, a.parts.Store, func(ctx context.Context, tx ports.Tx) ([]ports.PayoutRecord, error) {
		var list []ports.PayoutRecord
		err := walk.Flows(ctx, tx, c.MerchantID, func(f merchant.Flow) error {
			if f.Source != c.ID || f.Kind != merchant.Payouts {
				return nil
			}
			for after := ""; len(list) < most; {
				page, err := tx.Payouts().Newest(ctx, f.ID, ports.Page{After: after, Limit: most})
				if err != nil || len(page) == 0 {
					return err
				}
				for _, p := range page {
					if after = p.ID; len(list) < most && complete(p.State) {
						list = append(list, p)
					}
				}
			}
			return nil
		})
		return list, err
	})
}

// complete reports whether all lines of a payout were read.
func complete(s payout.State) bool {
	return s != payout.Fetching && s != payout.Held
}

// mostDifferences are listed, however many there are.
const mostDifferences = 200

// comparePayout compares one payout, and gives how many differences speak against the
// version.
func (a *act) comparePayout(p ports.PayoutRecord, to ports.Connector) (int, error) {
	blocks, compared := 0, false
	if to.Describe().Has(ports.CapabilityPages) {
		report, err := a.parts.Replays.CompareBy(a.ctx, p.ID, to)
		if err != nil && fault.CodeOf(err) != replay.CodeNotKept {
			return 0, err
		}
		if err == nil {
			blocks, compared = blocks+a.note(p, report), true
		}
	}
	if a.look().Live && to.Describe().Has(ports.CapabilityPayouts) {
		report, err := a.parts.Replays.CompareLive(a.ctx, p.ID, to)
		if err != nil {
			return 0, err
		}
		blocks, compared = blocks+a.note(p, report), true
	}
	a.change(func(s *ports.Swap) {
		if compared {
			s.Payouts++
		} else {
			s.NotCompared++
		}
	})
	return blocks, nil
}

// note adds what a reading has found to the report of the swap.
func (a *act) note(p ports.PayoutRecord, report replay.Report) int {
	found := differences(p, report)
	blocks := 0
	for _, d := range found {
		if d.Blocks {
			blocks++
		}
	}
	a.change(func(s *ports.Swap) {
		s.Lines += report.Lines
		s.Differ += report.Differ
		// What blocks the swap is listed before what does not.
		all := slices.Concat(s.Differences, found)
		slices.SortStableFunc(all, func(x, y ports.SwapDifference) int {
			switch {
			case x.Blocks == y.Blocks:
				return 0
			case x.Blocks:
				return -1
			}
			return 1
		})
		s.Differences = all[:min(len(all), mostDifferences)]
	})
	return blocks
}

// differences lists what a reading has found field by field.
func differences(p ports.PayoutRecord, report replay.Report) []ports.SwapDifference {
	var list []ports.SwapDifference
	for _, d := range report.Differences {
		one := ports.SwapDifference{PayoutID: p.ID, Line: d.Key}
		switch d.Outcome {
		case replay.Added:
			one.Field, one.Read, one.Blocks = "key", d.Key, booked(p.State)
			list = append(list, one)
		case replay.Gone:
			one.Field, one.Stored, one.Blocks = "key", d.Key, booked(p.State)
			list = append(list, one)
		case replay.Changed:
			for _, f := range d.Fields {
				one.Field, one.Stored, one.Read = f.Name, f.Stored, f.Read
				one.Blocks = booked(p.State) && decides(f.Name)
				list = append(list, one)
			}
		}
	}
	return list
}

// booked reports whether vouchers or payments have been made of a payout, or are being.
func booked(s payout.State) bool {
	return s == payout.Booking || s == payout.Booked || s == payout.Closed
}

// decides reports whether a field of a line decides what is booked: its kind and its
// amounts do. By its references it finds its document.
func decides(field string) bool {
	switch field {
	case "kind", "gross", "fee_ex_vat", "fee_vat", "fee_vat_local", "original", "rate":
		return true
	}
	return strings.HasPrefix(field, "references.")
}
