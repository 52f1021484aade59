package wire

import (
	"context"
	"errors"
	"slices"
	"strings"
	"unicode/utf8"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/protoadapt"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/ports"
	pb "github.com/kvitt/kvitt/sdk/connectorpb"
)

// Codes of failures between hub and connector.
const (
	// CodeUnclassified: a connector failed with an error that is not a fault.
	CodeUnclassified fault.Code = "connector.unclassified"
	// CodeDeadline: the connector did not answer in time.
	CodeDeadline fault.Code = "connector.deadline"
	// CodeCutOff: the connection to the connector broke during the call.
	CodeCutOff fault.Code = "connector.cut_off"
	// CodeBroken: the connector answered with an error that breaks the protocol.
	CodeBroken fault.Code = "connector.broken_answer"
	// CodeMissing: the connector does not serve the capability.
	CodeMissing fault.Code = "connector.not_implemented"
)

// domain tells kvitt's error details from anybody else's.
const domain = "kvitt"

// The texts of a status travel in headers, so they are kept short.
const (
	maxReason = 2 << 10
	maxRemedy = 1 << 10
	maxField  = 256
)

func statusCode(class fault.Class) codes.Code {
	switch class {
	case fault.Validation:
		return codes.InvalidArgument
	case fault.Auth:
		return codes.Unauthenticated
	case fault.NotFound:
		return codes.NotFound
	case fault.Duplicate:
		return codes.AlreadyExists
	case fault.Conflict:
		return codes.FailedPrecondition
	case fault.RateLimited:
		return codes.ResourceExhausted
	case fault.Temporary:
		return codes.Unavailable
	case fault.NotSent:
		return codes.Aborted
	case fault.Unknown:
		return codes.Unknown
	}
	return codes.Unknown
}

// toStatus turns the error of a call into a gRPC status. Of an error chain it
// keeps the outermost fault and puts what stands around and below it into the
// reason. An error without a fault gets a class that assumes nothing.
func toStatus(err error, writes bool, secrets []string) error {
	f := fault.Of(err)
	if f == nil {
		f = unclassified(err, writes)
	} else {
		f = flatten(err, f)
	}
	st := status.New(statusCode(f.Class), shorten(scrub(f.Reason, secrets), maxReason))
	metadata := map[string]string{"class": string(f.Class), "source": string(f.Source)}
	if f.Remedy != "" {
		metadata["remedy"] = shorten(scrub(f.Remedy, secrets), maxRemedy)
	}
	details := []protoadapt.MessageV1{&errdetails.ErrorInfo{Domain: domain, Reason: string(f.Code), Metadata: metadata}}
	if f.Field != "" {
		violation := &errdetails.BadRequest_FieldViolation{Field: shorten(scrub(f.Field, secrets), maxField)}
		details = append(details, &errdetails.BadRequest{FieldViolations: []*errdetails.BadRequest_FieldViolation{violation}})
	}
	if f.RetryAfter != 0 {
		details = append(details, &errdetails.RetryInfo{RetryDelay: durationpb.New(f.RetryAfter)})
	}
	if usage, known := ports.UsageOf(err); known {
		details = append(details, toUsage(&mapping{}, usage))
	}
	detailed, detailErr := st.WithDetails(details...)
	if detailErr != nil {
		return st.Err()
	}
	return detailed.Err()
}

// unclassified never shows the error's own text: it was not written for readers
// and may hold a secret or a person's data.
func unclassified(err error, writes bool) *fault.Error {
	class := fault.Temporary
	if writes {
		class = fault.Unknown
	}
	reason := "the connector failed without saying how"
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		reason = "the connector gave up when its time was over"
	}
	return fault.New(CodeUnclassified, class, reason).From(fault.Connector)
}

// flatten gives f with the texts that wrap it before its reason and its causes
// after it, since neither can cross as an error.
func flatten(err error, f *fault.Error) *fault.Error {
	flat := *f
	if before, found := strings.CutSuffix(err.Error(), f.Error()); found {
		flat.Reason = before + flat.Reason
	}
	if cause := f.Unwrap(); cause != nil {
		flat.Reason += ": " + cause.Error()
	}
	return &flat
}

// FromStatus gives the fault, and the usage if known, that a gRPC error carries.
func FromStatus(err error) error { return fromStatus(err, nil) }

// fromStatus turns what a call came back with into a fault. Whatever does not
// carry kvitt's details proves nothing about what the call has done.
func fromStatus(err error, secrets []string) error {
	if fault.Of(err) != nil {
		return err
	}
	st := status.Convert(err)
	f := &fault.Error{Class: fault.Unknown, Source: fault.Connector, Reason: scrub(st.Message(), secrets)}
	var usage *pb.Usage
	for _, detail := range st.Details() {
		switch d := detail.(type) {
		case *errdetails.ErrorInfo:
			if d.GetDomain() == domain {
				takeInfo(f, d, secrets)
			}
		case *errdetails.BadRequest:
			if v := d.GetFieldViolations(); len(v) > 0 {
				f.Field = scrub(v[0].GetField(), secrets)
			}
		case *errdetails.RetryInfo:
			f.RetryAfter = max(d.GetRetryDelay().AsDuration(), 0)
		case *pb.Usage:
			usage = d
		}
	}
	if f.Code == "" {
		bare(f, st)
	}
	if usage == nil {
		return f
	}
	return ports.WithUsage(f, fromUsage(&mapping{}, usage))
}

func takeInfo(f *fault.Error, info *errdetails.ErrorInfo, secrets []string) {
	f.Code = fault.Code(info.GetReason())
	if class := fault.Class(info.GetMetadata()["class"]); slices.Contains(classes(), class) {
		f.Class = class
	}
	if source := fault.Source(info.GetMetadata()["source"]); slices.Contains(sources(), source) {
		f.Source = source
	}
	f.Remedy = scrub(info.GetMetadata()["remedy"], secrets)
}

func classes() []fault.Class {
	return []fault.Class{
		fault.Validation, fault.Auth, fault.NotFound, fault.Duplicate, fault.Conflict,
		fault.RateLimited, fault.Temporary, fault.NotSent, fault.Unknown,
	}
}

func sources() []fault.Source { return []fault.Source{fault.Hub, fault.Connector, fault.Upstream} }

// bare names a failure that arose in gRPC itself or in a connector that breaks
// the protocol. Only a service that is not there proves that nothing happened.
func bare(f *fault.Error, st *status.Status) {
	f.Code = CodeBroken
	switch st.Code() {
	case codes.DeadlineExceeded:
		f.Code, f.Reason = CodeDeadline, "the connector did not answer in time"
	case codes.Unavailable, codes.Canceled:
		f.Code, f.Reason = CodeCutOff, "the call to the connector was cut off"
	case codes.Unimplemented:
		f.Code, f.Class, f.Reason = CodeMissing, fault.Validation, "the connector does not have this capability"
	default:
		f.Reason = "the connector broke the protocol (" + st.Code().String() + "): " + f.Reason
	}
}

// Redacted stands in the place of a credential that a connector has left in a text.
// It is not redact.Mark, with which a connector takes credentials out itself.
const Redacted = "[redacted on the wire]"

// scrub takes the connection's credentials out of a text, whoever wrote it.
func scrub(text string, secrets []string) string {
	for _, s := range secrets {
		text = strings.ReplaceAll(text, s, Redacted)
	}
	return text
}

// secretsOf lists credentials that are long enough to be told from other text.
func secretsOf(call *pb.Call) []string {
	const shortest = 6
	var secrets []string
	for _, value := range call.GetConnection().GetCredentials() {
		if len(value) >= shortest {
			secrets = append(secrets, value)
		}
	}
	// The longest first: one secret may be a part of another.
	slices.SortFunc(secrets, func(a, b string) int { return len(b) - len(a) })
	return secrets
}

// shorten makes a text valid UTF-8 of at most most bytes.
func shorten(text string, most int) string {
	text = strings.ToValidUTF8(text, "\uFFFD")
	if len(text) <= most {
		return text
	}
	cut := most
	for cut > 0 && !utf8.RuneStart(text[cut]) {
		cut--
	}
	return text[:cut] + "…"
}
