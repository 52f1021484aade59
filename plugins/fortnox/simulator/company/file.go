package company

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"github.com/kvitt/kvitt/plugins/fortnox/simulator/ledger"
)

// File is an uploaded file.
type File struct {
	ID        string
	ArchiveID string
	Name      string
	// Folder is the id of the inbox folder, such as inbox_v.
	Folder  string
	Content []byte
	// Connected says that the file belongs to a voucher and has therefore left
	// the inbox.
	Connected bool
}

// Connection ties a file to a voucher.
type Connection struct {
	FileID  string
	Voucher *ledger.Voucher
}

// Folder is a folder of the inbox.
type Folder struct{ ID, Name string }

// Folders are the inbox's folders.
func Folders() []Folder {
	return []Folder{
		{"inbox_d", "Dagskassor"},
		{"inbox_s", "Leverantörsfakturor"},
		{"inbox_kf", "Kundfakturor"},
		{"inbox_v", "Verifikationer"},
		{"inbox_b", "Bankfiler"},
	}
}

// Upload puts a file into a folder of the inbox; an empty folder is the root.
func (c *Company) Upload(folder, name string, content []byte) (*File, *Refusal) {
	if folder == "" {
		folder = "root"
	}
	if _, known := FolderByID(folder); !known {
		return nil, missing(CodeNotFound, "Kan inte hitta mappen ("+folder+").")
	}
	c.nextFile++
	file := &File{
		ID: c.fileID("file"), ArchiveID: c.fileID("archive"), Name: name, Folder: folder, Content: content,
	}
	c.files = append(c.files, file)
	return file, nil
}

// FolderByID finds a folder of the inbox; root is the inbox itself.
func FolderByID(id string) (Folder, bool) {
	if id == "root" {
		return Folder{ID: "root", Name: "Inbox"}, true
	}
	for _, folder := range Folders() {
		if folder.ID == id {
			return folder, true
		}
	}
	return Folder{}, false
}

// fileID makes the same ids in each run, shaped like those of Fortnox.
func (c *Company) fileID(kind string) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%d %s %d", c.TenantID, kind, c.nextFile))
	h := hex.EncodeToString(sum[:16])
	return h[0:8] + "-" + h[8:12] + "-4" + h[13:16] + "-a" + h[17:20] + "-" + h[20:32]
}

// Files are all uploaded files, oldest first.
func (c *Company) Files() []*File { return c.files }

// InFolder lists what a folder of the inbox shows. A connected file has moved
// to the archive.
func (c *Company) InFolder(folder string) []*File {
	var files []*File
	for _, file := range c.files {
		if file.Folder == folder && (!file.Connected || c.Switches.ConnectedFilesStay) {
			files = append(files, file)
		}
	}
	return files
}

// File finds a file by its id.
func (c *Company) File(id string) (*File, *Refusal) {
	for _, file := range c.files {
		if file.ID == id {
			return file, nil
		}
	}
	return nil, missing(CodeNotFound, "Kan inte hitta filen.")
}

// Connections are all connections, oldest first.
func (c *Company) Connections() []*Connection { return c.connections }

// Connect ties a file to a voucher of a year. A file belongs to one voucher.
func (c *Company) Connect(fileID string, year *ledger.Year, series string, number int) (*Connection, *Refusal) {
	file, refusal := c.File(fileID)
	if refusal != nil {
		return nil, refusal
	}
	voucher, found := year.Voucher(series, number)
	if !found {
		return nil, missing(CodeNotFound, "Kan inte hitta verifikationen.")
	}
	if file.Connected {
		return nil, refuse(CodeFileConnected, "Filen är redan kopplad.")
	}
	file.Connected = true
	connection := &Connection{FileID: fileID, Voucher: voucher}
	c.connections = append(c.connections, connection)
	return connection, nil
}

// Connection finds the connection of a file.
func (c *Company) Connection(fileID string) (*Connection, *Refusal) {
	for _, connection := range c.connections {
		if connection.FileID == fileID {
			return connection, nil
		}
	}
	return nil, missing(CodeNotFound, "Kan inte hitta filkopplingen.")
}

// Disconnect removes the connection of a file, which goes back to the inbox.
func (c *Company) Disconnect(fileID string) *Refusal {
	for i, connection := range c.connections {
		if connection.FileID != fileID {
			continue
		}
		c.connections = append(c.connections[:i:i], c.connections[i+1:]...)
		if file, refusal := c.File(fileID); refusal == nil {
			file.Connected = false
		}
		return nil
	}
	return missing(CodeNotFound, "Kan inte hitta filkopplingen.")
}
