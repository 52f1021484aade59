package porttest

import (
	"context"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
)

func corrections(t *testing.T, open func(t *testing.T) Opened) {
	// three lines, of which the first two are corrected
	threeLines := func(w *world) (lines []ports.LineRecord, first, second ports.LineCorrection) {
		w.update(func(ctx context.Context, tx ports.Tx) {
			appendLines(ctx, w, tx, aLine("k1", 100), aLine("k2", 200), aLine("k3", 300))
			var err error
			lines, err = tx.Lines().After(ctx, thePayout, 0, 10)
			w.ok(err)
			first = ports.LineCorrection{LineID: lines[0].ID, Reference: payout.OrderID, Value: "o-Ä'9", By: "anna", At: day(1)}
			second = ports.LineCorrection{LineID: lines[1].ID, Reference: payout.MerchantReference1, Value: "1002", By: "bo", At: day(2)}
			w.ok(tx.Lines().Correct(ctx, []ports.LineCorrection{first, second}))
		})
		return lines, first, second
	}
	cases(t, open, map[string]func(w *world){
		"corrections stand beside their lines, which stay as they came": func(w *world) {
			lines, first, second := threeLines(w)
			other := first
			other.Reference, other.Value = payout.MerchantReference1, "1001"
			w.update(func(ctx context.Context, tx ports.Tx) {
				w.ok(tx.Lines().Correct(ctx, []ports.LineCorrection{other}))
				w.ok(tx.Lines().Correct(ctx, nil))
			})
			w.view(func(ctx context.Context, tx ports.Tx) {
				got, err := tx.Lines().Corrections(ctx, []int64{lines[2].ID, lines[1].ID, lines[0].ID, 1 << 50})
				w.ok(err)
				require.Equal(w, map[int64][]ports.LineCorrection{lines[0].ID: {other, first}, lines[1].ID: {second}}, got)
				l, err := tx.Lines().Get(ctx, lines[0].ID)
				w.ok(err)
				require.Equal(w, lines[0].Line, l.Line)
				require.Equal(w, []ports.LineCorrection{other, first}, l.Corrections)
				listed, err := tx.Lines().List(ctx, thePayout, ports.LineFilter{}, 1, 9)
				w.ok(err)
				require.Equal(w, []ports.LineCorrection{second}, listed[0].Corrections)
				require.Empty(w, listed[1].Corrections)
				read, err := tx.Lines().After(ctx, thePayout, 0, 9)
				w.ok(err)
				require.Equal(w, lines, read)
			})
		},
		"a later correction of the same reference takes the place of the one before": func(w *world) {
			lines, first, _ := threeLines(w)
			first.Value, first.By, first.At = "o-10", "cia", day(3)
			w.update(func(ctx context.Context, tx ports.Tx) { w.ok(tx.Lines().Correct(ctx, []ports.LineCorrection{first})) })
			w.view(func(ctx context.Context, tx ports.Tx) {
				got, err := tx.Lines().Corrections(ctx, []int64{lines[0].ID})
				w.ok(err)
				require.Equal(w, map[int64][]ports.LineCorrection{lines[0].ID: {first}}, got)
			})
		},
		"corrections outlive what has become of their lines, but not the lines": func(w *world) {
			lines, _, second := threeLines(w)
			w.update(func(ctx context.Context, tx ports.Tx) {
				w.ok(tx.Lines().Reset(ctx, thePayout))
				l, err := tx.Lines().Get(ctx, lines[1].ID)
				w.ok(err)
				require.Equal(w, []ports.LineCorrection{second}, l.Corrections)
				w.ok(tx.Lines().Clear(ctx, thePayout))
				appendLines(ctx, w, tx, aLine("x1", 1), aLine("x2", 2))
				listed, err := tx.Lines().List(ctx, thePayout, ports.LineFilter{}, 0, 9)
				w.ok(err)
				require.Empty(w, listed[0].Corrections)
				require.Empty(w, listed[1].Corrections)
			})
		},
		"a correction of an unknown line, and too many, are refused": func(w *world) {
			_, first, _ := threeLines(w)
			w.update(func(ctx context.Context, tx ports.Tx) {
				unknown := first
				unknown.LineID = 1 << 50
				w.missing(tx.Lines().Correct(ctx, []ports.LineCorrection{first, unknown}))
				w.fails(ports.CodeInvalid, tx.Lines().Correct(ctx, make([]ports.LineCorrection, ports.MaxBatch+1)))
			})
		},
		"lines are found by their keys, in their own payout only": func(w *world) {
			w.update(func(ctx context.Context, tx ports.Tx) {
				w.ok(tx.Payouts().Create(ctx, aPayout("payout-2", "REF-2", 0)))
				_, _, err := tx.Lines().Append(ctx, "payout-2", []payout.Line{aLine("k3", 300)})
				w.ok(err)
				appendLines(ctx, w, tx, aLine("k1", 100), aLine("k\"2", 200))
			})
			w.view(func(ctx context.Context, tx ports.Tx) {
				got, err := tx.Lines().ByKeys(ctx, thePayout, []string{"k\"2", "k3", "k1", "k1"})
				w.ok(err)
				require.Len(w, got, 2)
				all, err := tx.Lines().After(ctx, thePayout, 0, 9)
				w.ok(err)
				require.Equal(w, map[string]ports.LineRecord{"k1": all[0], "k\"2": all[1]}, got)
				got, err = tx.Lines().ByKeys(ctx, thePayout, nil)
				w.ok(err)
				require.Empty(w, got)
				_, err = tx.Lines().ByKeys(ctx, "nobody", nil)
				w.missing(err)
				tooMany := make([]string, ports.MaxBatch+1)
				for i := range tooMany {
					tooMany[i] = strconv.Itoa(i)
				}
				_, err = tx.Lines().ByKeys(ctx, thePayout, tooMany)
				w.fails(ports.CodeInvalid, err)
			})
		},
	})
}
