package porttest

import (
	"context"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/ports"
)

func numbers(t *testing.T, open func(t *testing.T) Opened) {
	numbered := func(key, document, number string) ports.Step {
		s := aStep(key, 0)
		s.Document, s.Number = document, number
		return s
	}
	cases(t, open, map[string]func(w *world){
		"a number leads to the steps that made it and to those that concern its document, page by page": func(w *world) {
			w.update(func(ctx context.Context, tx ports.Tx) {
				w.ok(tx.Steps().Plan(ctx, []ports.Step{
					numbered("s1", "", "K-12-3"), numbered("s2", "1001", "55"), numbered("s3", "55", ""), numbered("s4", "55", "55"), numbered("s5", "", ""),
				}))
			})
			w.view(func(ctx context.Context, tx ports.Tx) {
				find := func(number string, page ports.Page) []ports.Step {
					got, err := tx.Steps().ByNumber(ctx, theMerchant, number, page)
					w.ok(err)
					return got
				}
				all := ports.Page{Limit: 10}
				require.Equal(w, []string{"s1"}, stepKeys(find("K-12-3", all)))
				require.Equal(w, []string{"s2"}, stepKeys(find("1001", all)))
				require.Equal(w, []string{"s2", "s3", "s4"}, stepKeys(find("55", all)))
				require.Empty(w, find("5", all), "not a part of a number")
				require.Empty(w, find("", all))
				first := find("55", ports.Page{Limit: 2})
				require.Equal(w, []string{"s2", "s3"}, stepKeys(first))
				require.Equal(w, []string{"s4"}, stepKeys(find("55", ports.Page{Limit: 2, After: strconv.FormatInt(first[1].ID, 10)})))
				_, err := tx.Steps().ByNumber(ctx, theMerchant, "55", ports.Page{Limit: 2, After: "x"})
				w.missing(err)
				_, err = tx.Steps().ByNumber(ctx, theMerchant, "55", ports.Page{})
				w.fails(ports.CodeInvalid, err)
			})
		},
		"a number of another merchant is not found": func(w *world) {
			w.update(func(ctx context.Context, tx ports.Tx) {
				w.ok(tx.Merchants().Create(ctx, merchant.Merchant{ID: "merchant-2", Name: "Other"}))
				w.ok(tx.Steps().Plan(ctx, []ports.Step{numbered("s1", "", "K-12-3")}))
				got, err := tx.Steps().ByNumber(ctx, "merchant-2", "K-12-3", ports.Page{Limit: 10})
				w.ok(err)
				require.Empty(w, got)
			})
		},
	})
}
