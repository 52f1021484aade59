package upstream

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/kvitt/kvitt/core/fault"
)

// CodeUnreadable: the remote system answered something else than it documents.
const CodeUnreadable fault.Code = "upstream.answer_unreadable"

const typeJSON = "application/json"

// Address joins a base URL, segments of a path and a query. Segments come from
// settings and documents, so each is escaped and stays one segment.
func Address(base string, query url.Values, segments ...string) string {
	text := strings.TrimSuffix(base, "/")
	for _, segment := range segments {
		text += "/" + url.PathEscape(segment)
	}
	if len(query) > 0 {
		text += "?" + query.Encode()
	}
	return text
}

// Get is a request that reads JSON.
func Get(address string) Request {
	return Request{Method: http.MethodGet, URL: address, Header: http.Header{"Accept": {typeJSON}}}
}

// JSON sends in as JSON, unless it is nil, and reads the answer into out, unless
// that is nil. The value lies under the members of the path, see Decode.
func (c *Client) JSON(ctx context.Context, req Request, in, out any, path ...string) (Answer, error) {
	header := req.Header.Clone()
	if header == nil {
		header = http.Header{}
	}
	header.Set("Accept", typeJSON)
	if in != nil {
		body, err := json.Marshal(in)
		if err != nil { // its text may quote a value
			return Answer{}, fault.New(CodeRequest, fault.NotSent, "the request cannot be written as JSON").From(fault.Connector)
		}
		req.Body = body
		header.Set("Content-Type", typeJSON)
	}
	req.Header = header
	answer, err := c.Do(ctx, req)
	if err != nil || out == nil {
		return answer, err
	}
	return answer, Decode(req, answer, out, path...)
}

// Decode reads an answer's JSON into out. Names are taken in any case, a byte
// order mark is skipped and members that out lacks are passed over: remote systems
// add such things without notice. With a path, the value is taken out of that
// member of the answer, as in {"data": {...}}; null counts as missing.
//
// What cannot be read is a fault with CodeUnreadable. It names members, never
// values, which may be about a person; after a write it leaves open what happened.
func Decode(req Request, answer Answer, out any, path ...string) error {
	value := bytes.TrimPrefix(answer.Body, []byte("\xef\xbb\xbf"))
	if !json.Valid(value) {
		return Unreadable(req, "the answer is not JSON")
	}
	for i, member := range path {
		var wrapper map[string]json.RawMessage
		if json.Unmarshal(value, &wrapper) != nil || len(wrapper[member]) == 0 || string(wrapper[member]) == "null" {
			return Unreadable(req, "the answer holds no "+strings.Join(path[:i+1], "."))
		}
		value = wrapper[member]
	}
	if err := json.Unmarshal(value, out); err != nil {
		what := "the answer"
		if len(path) > 0 {
			what = "the " + strings.Join(path, ".") + " of the answer"
		}
		if member := WrongMember(err); member != "" {
			return Unreadable(req, what+" cannot be read, "+member+" is of another type")
		}
		return Unreadable(req, what+" cannot be read")
	}
	return nil
}

// WrongMember gives the path of the member that an error of encoding/json is about,
// or "".
func WrongMember(err error) string {
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) {
		return wrong.Field
	}
	return ""
}

// Unreadable is the fault of an answer that is not what its documentation says.
func Unreadable(req Request, reason string) *fault.Error {
	return fault.New(CodeUnreadable, openClass(req), reason).From(fault.Upstream).
		WithRemedy("if it lasts, install a newer version of the connector")
}
