package jsonpage

import (
	"encoding/json"
	"errors"
	"strconv"
	"strings"

	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/sdk/upstream"
)

var (
	// ErrTwice is the error of an object that has two members of one name.
	ErrTwice = errors.New("the member stands there twice")
	// ErrMissing is the error of an object that lacks a member.
	ErrMissing = errors.New("there is no such member")
)

// PathError names the value that could not be read.
type PathError struct {
	// Path is that of the value, "totals.sale_amount".
	Path string
	Err  error
}

// Error gives path and cause.
func (e *PathError) Error() string { return e.Path + ": " + e.Err.Error() }

// Unwrap gives the cause.
func (e *PathError) Unwrap() error { return e.Err }

// PathOf gives the path in an error of this package, or "".
func PathOf(err error) string {
	var at *PathError
	if errors.As(err, &at) {
		return at.Path
	}
	return ""
}

// below puts a name in front of the path of an error.
func below(name string, err error) error {
	var at *PathError
	if errors.As(err, &at) {
		return &PathError{Path: Join(name, at.Path), Err: at.Err}
	}
	return &PathError{Path: name, Err: err}
}

// Join joins two parts of a path, of which either may be empty.
func Join(where, field string) string {
	if where == "" || field == "" || field[0] == '[' {
		return where + field
	}
	return where + "." + field
}

// Item is something that a remote system has listed, with its place in the page.
type Item[T any] struct {
	// Value is what the connector has made of it.
	Value T
	JSON  Value
}

// Raw points to the item in its page.
func (i Item[T]) Raw(page ports.RawPage) payout.Raw { return i.JSON.Raw(page) }

// List reads the items of the list at a path of a page; the list of a page that is
// itself an array has the path "". Each item is read by read, which is given the
// path to name it by in faults: the last name of the list's path and a number,
// which counts on from first, the number of items on earlier pages.
//
// A page without the list is a fault with upstream.CodeUnreadable. Faults of read
// are returned as they are.
func List[T any](page []byte, path string, first int64, read func(item Value, where string) (T, error)) ([]Item[T], error) {
	list, err := Whole(page).Member(path)
	if err != nil {
		return nil, unreadable(err)
	}
	elements, err := list.Elements()
	if err != nil {
		return nil, unreadable(below(path, err))
	}
	name := path[strings.LastIndex(path, ".")+1:]
	items := make([]Item[T], 0, len(elements))
	for i, element := range elements {
		value, err := read(element, name+"["+strconv.FormatInt(first+int64(i), 10)+"]")
		if err != nil {
			return nil, err
		}
		items = append(items, Item[T]{Value: value, JSON: element})
	}
	return items, nil
}

// Object reads a page that is one object.
func Object[T any](page []byte, read func(item Value, where string) (T, error)) (Item[T], error) {
	whole := Whole(page)
	if _, err := whole.Members(); err != nil {
		return Item[T]{}, unreadable(err)
	}
	value, err := read(whole, "")
	if err != nil {
		return Item[T]{}, err
	}
	return Item[T]{Value: value, JSON: whole}, nil
}

// unreadable is the fault of a page. Pages are read, never written. Of the cause
// only the path is shown: the rest may quote a value.
func unreadable(err error) error {
	reason := "the answer is not what the remote system documents"
	if path := PathOf(err); path != "" {
		const longest = 100
		reason += ", see " + strings.ToValidUTF8(path[:min(len(path), longest)], "")
	}
	for _, known := range []error{ErrTwice, ErrMissing} {
		if errors.Is(err, known) {
			reason += ": " + known.Error()
		}
	}
	return upstream.Unreadable(upstream.Request{}, reason)
}

// Into reads an item into a T by the rules of encoding/json, for List and Object. An
// item that does not fit, or has a member twice, is a fault with
// upstream.CodeUnreadable that names the member.
func Into[T any](item Value, where string) (T, error) {
	var value, none T
	if _, err := item.Members(); err != nil {
		return none, unreadable(below(where, err))
	}
	if err := json.Unmarshal(item.Bytes, &value); err != nil {
		return none, upstream.Unreadable(upstream.Request{}, "the answer is not what the remote system documents: "+Join(where, upstream.WrongMember(err)))
	}
	return value, nil
}
