package server

import (
	"cmp"
	"io"
	"net/http"
	"path"
	"strconv"

	"github.com/kvitt/kvitt/plugins/fortnox/simulator/company"
)

const largestFile = 16 << 20

// upload takes a multipart body with the field file.
func upload(c *call) (answer, *company.Refusal) {
	if err := c.ParseMultipartForm(largestFile); err != nil {
		return answer{}, badBody(company.CodeBadBody, "Ingen eller felaktig typ av data.")
	}
	content, header, err := c.FormFile("file")
	if err != nil {
		return answer{}, badBody(company.CodeBadBody, "Ingen eller felaktig typ av data.")
	}
	defer func() { _ = content.Close() }()
	raw, err := io.ReadAll(content)
	if err != nil {
		return answer{}, badBody(company.CodeBadBody, "Ingen eller felaktig typ av data.")
	}
	v := c.query.values
	folder := cmp.Or(v.Get("folderId"), v.Get("folderid"), v.Get("path"))
	file, refusal := c.company.Upload(folder, path.Base(header.Filename), raw)
	if refusal != nil {
		return answer{}, refusal
	}
	return created("File", fileJSON(file))
}

// showInbox shows a folder of the inbox, the inbox itself, or a file's bytes.
func showInbox(c *call) (answer, *company.Refusal) {
	v := c.query.values
	id := cmp.Or(c.PathValue("id"), v.Get("folderId"), v.Get("folderid"), v.Get("path"), "root")
	folder, found := company.FolderByID(id)
	if !found {
		file, refusal := c.company.File(id)
		if refusal != nil {
			return answer{}, refusal
		}
		return answer{status: http.StatusOK, file: append([]byte{}, file.Content...)}, nil
	}
	files, folders := []any{}, []any{}
	for _, file := range c.company.InFolder(folder.ID) {
		files = append(files, fileJSON(file))
	}
	if folder.ID == "root" {
		for _, f := range company.Folders() {
			folders = append(folders, map[string]any{"@url": base + "inbox/" + f.ID, "Id": f.ID, "Name": f.Name})
		}
	}
	return ok("Folder", map[string]any{
		"@url": base + "inbox/" + folder.ID, "Email": "", "Files": files, "Folders": folders, "Id": folder.ID,
		"Name": folder.Name,
	})
}

func fileJSON(f *company.File) map[string]any {
	return map[string]any{
		"@url": base + "inbox/" + f.ID, "ArchiveFileId": f.ArchiveID, "Comments": "", "Id": f.ID, "Name": f.Name,
		"Path": f.Folder, "Size": len(f.Content),
	}
}

// connectionBody has the writable fields of a connection; the year comes from
// the query.
type connectionBody struct {
	FileID        string `json:"FileId"`
	VoucherNumber text
	VoucherSeries string
	VoucherYear   *whole
}

func connect(c *call) (answer, *company.Refusal) {
	var body connectionBody
	if refusal := c.read("VoucherFileConnection", &body); refusal != nil {
		return answer{}, refusal
	}
	if body.FileID == "" || body.VoucherNumber == "" || body.VoucherSeries == "" {
		return answer{}, badBody(company.CodeMissingField, "FileId, VoucherNumber och VoucherSeries krävs.")
	}
	number, err := strconv.Atoi(string(body.VoucherNumber))
	if err != nil {
		return answer{}, badBody(company.CodeNotNumeric, "Värdet måste vara numeriskt (VoucherNumber)")
	}
	year, refusal := c.year()
	if refusal != nil {
		return answer{}, refusal
	}
	connection, refusal := c.company.Connect(body.FileID, year, body.VoucherSeries, number)
	if refusal != nil {
		return answer{}, refusal
	}
	return created("VoucherFileConnection", connectionJSON(connection))
}

func listConnections(c *call) (answer, *company.Refusal) {
	year, selected, refusal := c.query.number("financialyear")
	if refusal != nil {
		return answer{}, refusal
	}
	var found []*company.Connection
	for _, connection := range c.company.Connections() {
		voucher, value := connection.Voucher, c.query.values.Get(c.query.search)
		switch {
		case selected && voucher.Year != year,
			c.query.search == "voucherseries" && !matches(voucher.Series, value),
			c.query.search == "vouchernumber" && !matches(strconv.Itoa(voucher.Number), value):
			continue
		}
		found = append(found, connection)
	}
	return page(c.query, "VoucherFileConnections", found, func(x *company.Connection) any { return connectionJSON(x) })
}

func showConnection(c *call) (answer, *company.Refusal) {
	connection, refusal := c.company.Connection(c.PathValue("file"))
	if refusal != nil {
		return answer{}, refusal
	}
	return ok("VoucherFileConnection", connectionJSON(connection))
}

func disconnect(c *call) (answer, *company.Refusal) {
	if refusal := c.company.Disconnect(c.PathValue("file")); refusal != nil {
		return answer{}, refusal
	}
	return deleted()
}

// connectionJSON writes the voucher's number as a text and its year as a number.
func connectionJSON(x *company.Connection) map[string]any {
	return map[string]any{
		"@url": base + "voucherfileconnections/" + x.FileID, "FileId": x.FileID,
		"VoucherDescription": x.Voucher.Description, "VoucherNumber": strconv.Itoa(x.Voucher.Number),
		"VoucherSeries": x.Voucher.Series, "VoucherYear": x.Voucher.Year,
	}
}
