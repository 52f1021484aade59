package server_test

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/plugins/fortnox/simulator/world"
)

// upload sends a file the way a browser would.
func (s *sim) upload(query, name, content string) (int, object) {
	s.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("file", name)
	require.NoError(s.t, err)
	_, _ = part.Write([]byte(content))
	require.NoError(s.t, form.Close())
	request := s.request("POST", "/3/inbox"+query, body.String())
	request.Header.Set("Content-Type", form.FormDataContentType())
	status, _, raw := s.send(request)
	return status, parse(s.t, raw)
}

func TestFileIsUploadedAndConnected(t *testing.T) {
	t.Parallel()
	s := start(t)
	_ = s.do("POST", "/3/vouchers?financialyear=3", voucher(nil), "Voucher")
	status, answer := s.upload("?path=inbox_v", "bevis P-1.html", "<h1>P-1</h1>")
	require.Equal(t, http.StatusCreated, status)
	file := answer["File"].(object)
	require.Equal(t, "bevis P-1.html", file["Name"])
	require.Equal(t, "inbox_v", file["Path"])
	require.EqualValues(t, 12, file["Size"])
	require.Regexp(t, `^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}$`, file["Id"])
	require.NotEqual(t, file["Id"], file["ArchiveFileId"])

	inFolder := func() []any {
		return s.do("GET", "/3/inbox/inbox_v", "", "Folder")["Files"].([]any)
	}
	require.Equal(t, []any{file}, inFolder())
	require.Equal(t, []any{file}, s.do("GET", "/3/inbox?path=inbox_v", "", "Folder")["Files"])
	require.Len(t, s.do("GET", "/3/inbox", "", "Folder")["Folders"], 5)
	_, contentType, content := s.send(s.request("GET", "/3/inbox/"+file["Id"].(string), ""))
	require.Equal(t, "application/octet-stream", contentType)
	require.Equal(t, "<h1>P-1</h1>", content)

	body := asJSON(t, object{"VoucherFileConnection": object{
		"FileId": file["Id"], "VoucherNumber": "1", "VoucherSeries": "K",
	}})
	connection := s.do("POST", "/3/voucherfileconnections?financialyear=3", body, "VoucherFileConnection")
	want := object{
		"@url":   "https://api.fortnox.se/3/voucherfileconnections/" + file["Id"].(string),
		"FileId": file["Id"], "VoucherDescription": "Utbetalning Klarna P-1", "VoucherNumber": "1", "VoucherSeries": "K",
		"VoucherYear": 3.0,
	}
	require.Equal(t, want, connection)
	listed, _ := s.list("/3/voucherfileconnections", "VoucherFileConnections")
	require.Equal(t, []object{want}, listed)
	require.Empty(t, inFolder(), "a connected file has left the inbox")
	s.refused("POST", "/3/voucherfileconnections?financialyear=3", body, 400, 2999016)
	require.EqualValues(t, 1, s.counts()["files"])
	require.EqualValues(t, 1, s.counts()["file_connections"])

	status, _ = s.call("DELETE", "/3/voucherfileconnections/"+file["Id"].(string), "")
	require.Equal(t, http.StatusNoContent, status)
	require.Len(t, inFolder(), 1)
}

func TestConnectedFilesMayStayInTheInbox(t *testing.T) {
	t.Parallel()
	s := start(t, func(w *world.Fortnox) { w.ConnectedFilesStay = true })
	_ = s.do("POST", "/3/vouchers?financialyear=3", voucher(nil), "Voucher")
	_, answer := s.upload("?folderId=inbox_v", "a.pdf", "a")
	id := answer["File"].(object)["Id"].(string)
	_ = s.do("POST", "/3/voucherfileconnections?financialyear=3",
		`{"VoucherFileConnection":{"FileId":"`+id+`","VoucherNumber":"1","VoucherSeries":"K"}}`, "VoucherFileConnection")
	require.Len(t, s.do("GET", "/3/inbox/inbox_v", "", "Folder")["Files"], 1)
}

func TestConnectionGoesToThePreselectedYear(t *testing.T) {
	t.Parallel()
	s := start(t, func(w *world.Fortnox) { w.PreselectedYear = 2 })
	_ = s.do("POST", "/3/vouchers?financialyear=3", voucher(object{"VoucherSeries": "A"}), "Voucher")
	_, answer := s.upload("?path=inbox_v", "a.pdf", "a")
	body := `{"VoucherFileConnection":{"FileId":"` + answer["File"].(object)["Id"].(string) + `","VoucherNumber":"1","VoucherSeries":"A"}}`
	wrong := s.do("POST", "/3/voucherfileconnections", body, "VoucherFileConnection")
	require.EqualValues(t, 2, wrong["VoucherYear"], "the same number of another year")
	require.Equal(t, "Bankavgift", wrong["VoucherDescription"])
}

func TestFilesAreRefused(t *testing.T) {
	t.Parallel()
	s := start(t)
	status, answer := s.upload("?path=inbox_x", "a.pdf", "a")
	require.Equal(t, http.StatusNotFound, status, answer)
	s.refused("POST", "/3/inbox?path=inbox_v", `{"file":"a"}`, 400, 1000031)
	s.refused("GET", "/3/inbox/00000000-0000-4000-a000-000000000000", "", http.StatusNotFound, 2999001)
	s.refused("POST", "/3/voucherfileconnections?financialyear=3",
		`{"VoucherFileConnection":{"FileId":"x","VoucherNumber":"1","VoucherSeries":"B"}}`, http.StatusNotFound, 2999001)
	s.refused("POST", "/3/voucherfileconnections?financialyear=3",
		`{"VoucherFileConnection":{"FileId":"x","VoucherSeries":"B"}}`, 400, 2001795)
	s.refused("POST", "/3/voucherfileconnections?financialyear=3",
		`{"VoucherFileConnection":{"FileId":"x","VoucherNumber":"B1","VoucherSeries":"B"}}`, 400, 2000108)
}
