package main

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/plugins/fortnox/simulator/world"
	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/sdk/simulator"
)

// withVoucher is a company in which voucher K 1 of year 3 is booked.
func withVoucher(t *testing.T, c everything, changes ...func(*world.Fortnox)) *remote {
	t.Helper()
	r := start(t, changes...)
	_, err := r.tryVoucher(t.Context(), c, 1)
	require.NoError(t, err)
	return r
}

func TestAFileThatStaysInTheInboxIsJoinedOnce(t *testing.T) {
	t.Parallel()
	c := New()
	r := withVoucher(t, c, func(w *world.Fortnox) { w.ConnectedFilesStay = true })
	first, err := r.tryFile(t.Context(), c, 1)
	require.NoError(t, err)
	again, err := r.tryFile(t.Context(), c, 2)
	require.NoError(t, err)
	require.Equal(t, ports.Found, again.Outcome)
	require.Equal(t, first.ID, again.ID)
}

func TestAFileThatWaitsInTheInboxIsJoinedWithoutAnotherUpload(t *testing.T) {
	t.Parallel()
	c := New()
	r := withVoucher(t, c)
	r.fault(simulator.Fault{Path: "^/3/voucherfileconnections$", Times: 1, Kind: simulator.KindCutBefore})
	_, err := r.tryFile(t.Context(), c, 1)
	require.Equal(t, fault.Unknown, fault.ClassOf(err))
	_, err = r.tryFile(t.Context(), c, 2)
	require.NoError(t, err)
	require.Equal(t, 1, r.counts()["files"])
	require.Equal(t, 1, r.counts()["file_connections"])
}

func TestAFileOfAnotherVoucherIsNotTakenForOurs(t *testing.T) {
	t.Parallel()
	c := New()
	r := withVoucher(t, c)
	for range 12 { // K 2 to K 13: the search for 1 finds 10 to 13 as well
		_, err := r.tryVoucher(t.Context(), c, 1)
		require.NoError(t, err)
	}
	req := ports.AttachmentRequest{
		Write: r.write("EnsureAttachment", "kv:2;", 1), Voucher: ports.VoucherNumber{Series: "K", Number: "13", Year: "3"},
		FileName: "other.pdf", MediaType: "application/pdf", Content: []byte("%PDF-1.7 proof"),
	}
	_, err := c.EnsureAttachment(t.Context(), req)
	require.NoError(t, err)
	result, err := r.tryFile(t.Context(), c, 2)
	require.NoError(t, err)
	require.Equal(t, ports.Created, result.Outcome)
	require.Equal(t, 2, r.counts()["file_connections"])
}

func TestAnotherFileOfTheVoucherIsNotTakenForOurs(t *testing.T) {
	t.Parallel()
	c := New()
	r := withVoucher(t, c)
	req := ports.AttachmentRequest{
		Write: r.write("EnsureAttachment", "kv:2;", 1), Voucher: ports.VoucherNumber{Series: "K", Number: "1", Year: "3"},
		FileName: "other.pdf", MediaType: "application/pdf", Content: []byte("%PDF-1.7 something else"),
	}
	_, err := c.EnsureAttachment(t.Context(), req)
	require.NoError(t, err)
	result, err := r.tryFile(t.Context(), c, 2)
	require.NoError(t, err)
	require.Equal(t, ports.Created, result.Outcome)
	require.Equal(t, 2, r.counts()["file_connections"])
}

func TestAFileThatCannotBeReadIsNeverGuessedAt(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]simulator.Fault{
		"gone from the inbox":      {Kind: simulator.KindStatus, Status: 404, Body: `{"ErrorInformation":{"Error":1,"Message":"Kan inte hitta filen.","Code":2999001}}`},
		"no scope for the archive": {Kind: simulator.KindStatus, Status: 403, Body: `{"ErrorInformation":{"error":1,"message":"Har inte behörighet för scope.","code":2000663}}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := New()
			r := withVoucher(t, c)
			_, err := r.tryFile(t.Context(), c, 1)
			require.NoError(t, err)
			answer.Method, answer.Path = "GET", "^/3/(inbox|archive)/[0-9a-f]+-"
			r.fault(answer)
			before := r.counts()
			_, err = r.tryFile(t.Context(), c, 2)
			r.requireFault(err, CodeAmbiguousAttachment, fault.Duplicate)
			require.Equal(t, before, r.counts())
		})
	}
}

func TestAFileWithoutNameContentOrVoucherIsRefused(t *testing.T) {
	t.Parallel()
	good := ports.AttachmentRequest{
		Voucher: ports.VoucherNumber{Series: "K", Number: "1", Year: "3"}, FileName: "a.pdf", MediaType: "application/pdf", Content: []byte("x"),
	}
	tests := map[string]struct {
		change func(*ports.AttachmentRequest)
		code   fault.Code
	}{
		"no name":         {func(a *ports.AttachmentRequest) { a.FileName = "" }, CodeFileInvalid},
		"no content":      {func(a *ports.AttachmentRequest) { a.Content = nil }, CodeFileInvalid},
		"no series":       {func(a *ports.AttachmentRequest) { a.Voucher.Series = "" }, CodeSeries},
		"no number":       {func(a *ports.AttachmentRequest) { a.Voucher.Number = "" }, CodeNumber},
		"a year in words": {func(a *ports.AttachmentRequest) { a.Voucher.Year = "i år" }, CodeNumber},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachWay(t, func(t *testing.T, r *remote, c everything) {
				req := good
				req.Write = r.write("EnsureAttachment", "kv:1;", 1)
				test.change(&req)
				_, err := c.EnsureAttachment(t.Context(), req)
				r.requireFault(err, test.code, fault.Validation)
				require.Empty(t, r.requests())
			})
		})
	}
}
