package client

import (
	"bytes"
	"context"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"net/url"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/sdk/upstream"
)

// voucherInbox is the folder of the inbox for files of vouchers.
const voucherInbox = "inbox_v"

// File is an uploaded file.
type File struct {
	ID   Text `json:"Id"`
	Name Text
	Size Int
}

// Connection joins a file to a voucher.
type Connection struct {
	FileID        Text `json:"FileId"`
	VoucherSeries Text
	VoucherNumber Text
	VoucherYear   Text
}

// Upload puts a file into the inbox for vouchers.
func (c *Client) Upload(ctx context.Context, name, mediaType string, content []byte) (File, error) {
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	header := textproto.MIMEHeader{}
	header.Set("Content-Disposition", multipart.FileContentDisposition("file", name))
	header.Set("Content-Type", mediaType)
	part, err := form.CreatePart(header)
	if err == nil {
		_, err = part.Write(content)
	}
	if err == nil {
		err = form.Close()
	}
	if err != nil {
		return File{}, fault.New(upstream.CodeRequest, fault.NotSent, "the file cannot be put into a form").From(fault.Connector)
	}
	req := upstream.Get(address(url.Values{"path": {voucherInbox}}, "inbox"))
	req.Method, req.Body = http.MethodPost, body.Bytes()
	req.Header.Set("Content-Type", form.FormDataContentType())
	var made File
	_, err = c.JSON(ctx, req, nil, &made, "File")
	return made, err
}

// Inbox lists the files that wait in the inbox for vouchers.
func (c *Client) Inbox(ctx context.Context) ([]File, error) {
	var folder struct{ Files []File }
	err := c.get(ctx, address(nil, "inbox", voucherInbox), "Folder", &folder)
	return folder.Files, err
}

// InboxFile and ArchiveFile read the bytes of a file. A file that was joined to a
// voucher moves from the inbox to the archive.
func (c *Client) InboxFile(ctx context.Context, id string) ([]byte, error) {
	return c.download(ctx, address(nil, "inbox", id))
}

// ArchiveFile reads the bytes of a file in the archive, see InboxFile.
func (c *Client) ArchiveFile(ctx context.Context, id string) ([]byte, error) {
	return c.download(ctx, address(nil, "archive", id))
}

func (c *Client) download(ctx context.Context, target string) ([]byte, error) {
	answer, err := c.Do(ctx, upstream.Request{Method: http.MethodGet, URL: target, Header: http.Header{"Accept": {"*/*"}}})
	return answer.Body, err
}

// Connect joins a file to a voucher of a financial year.
func (c *Client) Connect(ctx context.Context, fileID, series, number, year string) (Connection, error) {
	body := struct {
		FileID        string `json:"FileId"`
		VoucherNumber string
		VoucherSeries string
	}{fileID, number, series}
	var made Connection
	target := address(url.Values{"financialyear": {year}}, "voucherfileconnections")
	err := c.send(ctx, http.MethodPost, target, "VoucherFileConnection", body, &made)
	return made, err
}

// Connections lists connections of a year to vouchers whose number contains a
// text; an empty number selects all.
func (c *Client) Connections(ctx context.Context, year, number string, w Window) (Page[Connection], error) {
	query := url.Values{}
	if year != "" {
		query.Set("financialyear", year)
	}
	if number != "" {
		query.Set("vouchernumber", number)
	}
	return list[Connection](ctx, c, address(w.into(query), "voucherfileconnections"), "VoucherFileConnections")
}
