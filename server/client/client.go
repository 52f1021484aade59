// Package client speaks to a hub's REST API, for the commands that use it as any
// merchant or operator would.
package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"syscall"
)

// Client calls one hub with one API key.
type Client struct {
	base string
	key  string
	http *http.Client
}

// New makes a client for the hub at base, such as "http://127.0.0.1:8484".
func New(base, key string) *Client {
	return &Client{base: strings.TrimSuffix(base, "/"), key: key, http: &http.Client{}}
}

// Problem is an error that the hub answered (RFC 9457).
type Problem struct {
	Status int    `json:"status"`
	Title  string `json:"title"`
	Detail string `json:"detail"`
	Code   string `json:"code"`
	Field  string `json:"field"`
	Reason string `json:"reason"`
	Remedy string `json:"remedy"`
}

// Error gives everything that the hub says, on one line.
func (p *Problem) Error() string {
	var parts []string
	for _, part := range []string{p.Code, p.Field, p.Reason} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	text := strings.Join(parts, ": ")
	if text == "" {
		text = fmt.Sprintf("the hub answered %d %s", p.Status, p.Title)
	}
	if p.Remedy != "" {
		text += " (" + p.Remedy + ")"
	}
	return text
}

// Get reads a resource into out.
func (c *Client) Get(ctx context.Context, path string, out any) error {
	return c.call(ctx, http.MethodGet, path, nil, out)
}

// Post sends in, which may be nil, and reads the answer into out, which may be nil.
func (c *Client) Post(ctx context.Context, path string, in, out any) error {
	return c.call(ctx, http.MethodPost, path, in, out)
}

// Upload sends a file that is not JSON, and reads the answer into out.
func (c *Client) Upload(ctx context.Context, path, mediaType string, file []byte, out any) error {
	return c.call(ctx, http.MethodPost, path, whole(mediaType, file), out)
}

// Put sends a file of a size as it is read, however large it is, and reads the answer into
// out.
func (c *Client) Put(ctx context.Context, path, mediaType string, file io.Reader, size int64, out any) error {
	return c.call(ctx, http.MethodPut, path, body{mediaType, file, size}, out)
}

// Delete removes a resource.
func (c *Client) Delete(ctx context.Context, path string) error {
	return c.call(ctx, http.MethodDelete, path, nil, nil)
}

// body goes out as it is.
type body struct {
	mediaType string
	content   io.Reader
	size      int64
}

func whole(mediaType string, content []byte) body {
	return body{mediaType, bytes.NewReader(content), int64(len(content))}
}

// Bytes reads a resource that is not JSON.
func (c *Client) Bytes(ctx context.Context, path string) ([]byte, error) {
	var raw []byte
	return raw, c.call(ctx, http.MethodGet, path, nil, &raw)
}

// Copy writes a resource that is not JSON to w as it comes, however large it is.
func (c *Client) Copy(ctx context.Context, path string, w io.Writer) error {
	res, err := c.send(ctx, http.MethodGet, path, nil)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if _, err := io.Copy(w, res.Body); err != nil {
		return fmt.Errorf("reading the hub's answer: %w", err)
	}
	return nil
}

func (c *Client) call(ctx context.Context, method, path string, in, out any) error {
	res, err := c.send(ctx, method, path, in)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		return fmt.Errorf("reading the hub's answer: %w", err)
	}
	return decode(answer, out)
}

// send makes a request and gives the answer if it is no problem.
func (c *Client) send(ctx context.Context, method, path string, in any) (*http.Response, error) {
	body, err := bodyOf(in)
	if err != nil {
		return nil, fmt.Errorf("writing the request: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, body.content)
	if err != nil {
		return nil, fmt.Errorf("making the request: %w", err)
	}
	req.ContentLength = body.size
	req.Header.Set("Authorization", "Bearer "+c.key)
	if body.mediaType != "" {
		req.Header.Set("Content-Type", body.mediaType)
	}
	res, err := c.http.Do(req)
	if errors.Is(err, syscall.ECONNREFUSED) {
		return nil, fmt.Errorf("no hub answers at %s; is it running? see --hub", c.base)
	}
	if err != nil {
		return nil, fmt.Errorf("calling the hub at %s: %w", c.base, err)
	}
	if res.StatusCode < http.StatusBadRequest {
		return res, nil
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, fmt.Errorf("reading the hub's answer: %w", err)
	}
	problem := &Problem{Status: res.StatusCode, Title: http.StatusText(res.StatusCode)}
	_ = json.Unmarshal(answer, problem) // an answer that is no problem+json still has its status
	return nil, problem
}

func bodyOf(in any) (body, error) {
	switch in := in.(type) {
	case nil:
		return body{content: http.NoBody}, nil
	case body:
		return in, nil
	}
	text, err := json.Marshal(in)
	return whole("application/json", text), err
}

func decode(answer []byte, out any) error {
	switch out := out.(type) {
	case nil:
		return nil
	case *[]byte:
		*out = answer
		return nil
	}
	if err := json.Unmarshal(answer, out); err != nil {
		return fmt.Errorf("understanding the hub's answer: %w", err)
	}
	return nil
}

// List reads every page of a list and gives all its items.
func List[T any](ctx context.Context, c *Client, path string) ([]T, error) {
	address, err := url.Parse(path)
	if err != nil {
		return nil, fmt.Errorf("making the request: %w", err)
	}
	var all []T
	for {
		var page struct {
			Items []T    `json:"items"`
			Next  string `json:"next"`
		}
		if err := c.Get(ctx, address.String(), &page); err != nil {
			return nil, err
		}
		all = append(all, page.Items...)
		if page.Next == "" {
			return all, nil
		}
		query := address.Query()
		query.Set("after", page.Next)
		address.RawQuery = query.Encode()
	}
}
