package main

import (
	"bytes"
	"context"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/plugins/fortnox/client"
	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/sdk/upstream"
)

// Faults of attachments.
const (
	// CodeAmbiguousAttachment: the voucher has a file that cannot be read, which
	// may be the one to attach.
	CodeAmbiguousAttachment fault.Code = "erp.ambiguous_attachment"
	// CodeFileUnnumbered: a file was uploaded and got no id.
	CodeFileUnnumbered fault.Code = "fortnox.file_unnumbered"
	// CodeFileInvalid: the file has no name or no content.
	CodeFileInvalid fault.Code = "erp.file_invalid"
)

// EnsureAttachment implements ports.Attachments: the file goes to the inbox for
// vouchers, then it is joined to the voucher and leaves the inbox.
func (c *Connector) EnsureAttachment(ctx context.Context, req ports.AttachmentRequest) (ports.AttachmentResult, error) {
	return upstream.Serve(c.open(req.Call, mostFile), func(s *session) (ports.AttachmentResult, error) { return s.ensureAttachment(ctx, req) })
}

// mostFile is as many bytes as a file can have: it comes in one message of the
// protocol, and a later attempt reads it back whole.
const mostFile = 8 << 20

func (s *session) ensureAttachment(ctx context.Context, req ports.AttachmentRequest) (ports.AttachmentResult, error) {
	if err := checkAttachment(req); err != nil {
		return ports.AttachmentResult{}, err
	}
	id := ""
	if req.Attempt > 1 {
		joined, waiting, err := s.lookForFile(ctx, req)
		if err != nil {
			return ports.AttachmentResult{}, err
		}
		if joined != "" {
			return ports.AttachmentResult{ID: joined, Outcome: ports.Found}, nil
		}
		id = waiting
	}
	if id == "" {
		const requests = 2
		if s.Left() < requests {
			return ports.AttachmentResult{}, upstream.Exhausted(req.Write)
		}
		made, err := s.Upload(ctx, req.FileName, req.MediaType, req.Content)
		if err != nil {
			return ports.AttachmentResult{}, err
		}
		if id = string(made.ID); id == "" {
			return ports.AttachmentResult{}, fault.New(CodeFileUnnumbered, fault.Unknown, "Fortnox took a file and did not say its id").
				From(fault.Upstream)
		}
	}
	if _, err := s.Connect(ctx, id, req.Voucher.Series, req.Voucher.Number, req.Voucher.Year); err != nil {
		return ports.AttachmentResult{}, upstream.Halfway("the file is in Fortnox's inbox and may not be joined to the voucher", err)
	}
	return ports.AttachmentResult{ID: id, Outcome: ports.Created}, nil
}

func checkAttachment(req ports.AttachmentRequest) error {
	switch {
	case req.FileName == "", len(req.Content) == 0:
		return fault.Invalid(CodeFileInvalid, "file_name", "the file has no name or no content").From(fault.Connector)
	case req.Voucher.Series == "":
		return fault.Invalid(CodeSeries, "voucher.series", "the voucher names no series").From(fault.Connector)
	}
	if _, err := whole("voucher.number", req.Voucher.Number); err != nil {
		return err
	}
	_, err := whole("voucher.year", req.Voucher.Year)
	return err
}

// mostFiles bounds how many files of a voucher are read.
const mostFiles = 3

// lookForFile finds the file of an earlier attempt: joined to the voucher, or
// waiting in the inbox. Connections do not tell the names of their files, so the
// contents are compared.
func (s *session) lookForFile(ctx context.Context, req ports.AttachmentRequest) (joined, waiting string, err error) {
	ids, err := s.filesOf(ctx, req.Voucher)
	if err != nil {
		return "", "", upstream.Unsettled(err)
	}
	unread := len(ids) > mostFiles
	for _, id := range ids[:min(len(ids), mostFiles)] {
		content, readable, err := s.content(ctx, id)
		if err != nil {
			return "", "", upstream.Unsettled(err)
		}
		if readable && bytes.Equal(content, req.Content) {
			return id, "", nil
		}
		unread = unread || !readable
	}
	files, err := s.Inbox(ctx)
	if err != nil {
		return "", "", upstream.Unsettled(err)
	}
	for _, f := range files {
		if string(f.Name) == req.FileName {
			return "", string(f.ID), nil
		}
	}
	if unread {
		return "", "", fault.New(CodeAmbiguousAttachment, fault.Duplicate, "voucher "+req.Voucher.String()+" has a file that cannot be read, which may be the one that was cut off").
			From(fault.Upstream).WithRemedy("look at the files of the voucher in Fortnox; attach the file by hand if it is missing")
	}
	return "", "", nil
}

// filesOf lists the ids of the files of one voucher. The search is for parts of
// numbers and reaches every series.
func (s *session) filesOf(ctx context.Context, voucher ports.VoucherNumber) ([]string, error) {
	found, err := all(s.connector.pageSize, func(c client.Connection) string { return string(c.FileID) },
		func(w client.Window) (client.Page[client.Connection], error) {
			return s.Connections(ctx, voucher.Year, voucher.Number, w)
		})
	var ids []string
	for _, c := range found {
		ofYear := c.VoucherYear == "" || string(c.VoucherYear) == voucher.Year
		if ofYear && string(c.VoucherNumber) == voucher.Number && string(c.VoucherSeries) == voucher.Series {
			ids = append(ids, string(c.FileID))
		}
	}
	return ids, err
}

// content reads a file of a voucher, wherever it is kept. A file that Fortnox does
// not show is no failure.
func (s *session) content(ctx context.Context, id string) (content []byte, readable bool, err error) {
	for _, read := range []func(context.Context, string) ([]byte, error){s.InboxFile, s.ArchiveFile} {
		content, err := read(ctx, id)
		if err == nil {
			return content, true, nil
		}
		switch fault.ClassOf(err) {
		case fault.NotFound, fault.Validation:
		case fault.Auth:
			if fault.CodeOf(err) != client.CodeScopeMissing {
				return nil, false, err
			}
		default:
			return nil, false, err
		}
	}
	return nil, false, nil
}
