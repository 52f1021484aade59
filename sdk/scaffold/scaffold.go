// Package scaffold writes the beginning of a connector: a small module of its own
// that builds, describes itself, runs against its own simulator and passes the
// conformance suite at once. What it writes are the sample connectors in the folders
// psp, erp and commerce under another name; they are tested like all the rest.
package scaffold

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"go/format"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/kvitt/kvitt/core/fault"
)

// Faults of what was asked for.
const (
	// CodeName: no connector can have this name.
	CodeName fault.Code = "scaffold.name_invalid"
	// CodeKind: there is no such kind of connector.
	CodeKind fault.Code = "scaffold.kind_unknown"
	// CodeFolder: the folder to write to holds something already.
	CodeFolder fault.Code = "scaffold.folder_taken"
	// CodeModule: the path of the module makes no sense to Go.
	CodeModule fault.Code = "scaffold.module_invalid"
)

// Kind is what a connector connects kvitt with.
type Kind string

// The kinds.
const (
	PSP      Kind = "psp"      // a payment service provider: payouts and their rows
	ERP      Kind = "erp"      // an accounting system: invoices, payments, vouchers
	Commerce Kind = "commerce" // a web shop: orders and what happened to their money
)

// Kinds lists the kinds.
func Kinds() []Kind { return []Kind{PSP, ERP, Commerce} }

//go:embed all:psp all:erp all:commerce
var samples embed.FS

// sample gives the names that stand for the connector's own in a kind's sample.
func (k Kind) sample() (id, name string) {
	switch k {
	case PSP:
		return "samplepay", "SamplePay"
	case ERP:
		return "samplebooks", "SampleBooks"
	case Commerce:
		return "sampleshop", "SampleShop"
	}
	return "", ""
}

// Options say what to write.
type Options struct {
	// ID is the connector's id: 2 to 32 lower-case letters, digits and hyphens.
	ID   string
	Kind Kind
	// Module is the path of the new module; empty means example.com/ID.
	Module string
	// Dir is the folder to write to; it is made, or must be empty. Empty means ID.
	Dir string
	// Kvitt is where the new module takes kvitt from.
	Kvitt Origin
}

// Write writes the connector and gives the folder. Nothing is left behind if it
// fails.
func Write(o Options) (dir string, err error) {
	if o, err = o.completed(); err != nil {
		return "", err
	}
	files, err := o.files()
	if err != nil {
		return "", err
	}
	module, err := o.Kvitt.files(o.Module)
	if err != nil {
		return "", err
	}
	for name, content := range module {
		files[name] = content
	}
	if err := claim(o.Dir); err != nil {
		return "", err
	}
	for name, content := range files {
		if err := write(filepath.Join(o.Dir, filepath.FromSlash(name)), content); err != nil {
			return "", errors.Join(err, os.RemoveAll(o.Dir))
		}
	}
	return o.Dir, nil
}

var (
	idPattern     = regexp.MustCompile(`^[a-z][a-z0-9-]{0,30}[a-z0-9]$`)
	modulePattern = regexp.MustCompile(`^[A-Za-z0-9._~-]+(/[A-Za-z0-9._~-]+)*$`)
)

func (o Options) completed() (Options, error) {
	if !idPattern.MatchString(o.ID) {
		return o, fault.Invalid(CodeName, "name", fmt.Sprintf("%q cannot name a connector", o.ID)).
			WithRemedy("choose 2 to 32 lower-case letters, digits and hyphens that begin with a letter, such as acmepay")
	}
	if why := reserved(o.ID); why != "" {
		return o, fault.Invalid(CodeName, "name", fmt.Sprintf("%q %s", o.ID, why)).WithRemedy("choose another name")
	}
	if o.Kind == "" {
		return o, fault.Invalid(CodeKind, "kind", "--kind is missing: psp, erp or commerce")
	}
	if id, _ := o.Kind.sample(); id == "" {
		return o, fault.Invalid(CodeKind, "kind", fmt.Sprintf("%q is not a kind of connector", o.Kind)).
			WithRemedy("choose psp (a payment service provider), erp (an accounting system) or commerce (a web shop)")
	}
	if o.Module == "" {
		o.Module = "example.com/" + o.ID
	}
	if !modulePattern.MatchString(o.Module) {
		return o, fault.Invalid(CodeModule, "module", fmt.Sprintf("%q is not the path of a Go module", o.Module)).
			WithRemedy("write it like github.com/acme/kvitt-acmepay")
	}
	if o.Dir == "" {
		o.Dir = o.ID
	}
	return o, nil
}

// reserved says why nobody's own connector can have the id, or nothing.
func reserved(id string) string {
	switch id {
	case "now":
		return "is the clock in the world of a simulator, beside which the connector's own part stands under its id"
	case "klarna", "fortnox":
		return "is a connector that ships with kvitt, and a hub loads one of each id"
	}
	return ""
}

// name is what people read where there is nothing better yet: "acme-pay" is Acme Pay.
func (o Options) name() string {
	words := strings.Split(o.ID, "-")
	for i, word := range words {
		if word != "" {
			words[i] = strings.ToUpper(word[:1]) + word[1:]
		}
	}
	return strings.Join(words, " ")
}

// files gives the sample under the connector's own names, by path.
func (o Options) files() (map[string][]byte, error) {
	id, name := o.Kind.sample()
	rename := strings.NewReplacer(
		"github.com/kvitt/kvitt/sdk/scaffold/"+string(o.Kind), o.Module,
		`"`+id+".", `"`+strings.ReplaceAll(o.ID, "-", "_")+".", // codes of faults know no hyphens
		id, o.ID,
		name, o.name(),
	)
	files := map[string][]byte{}
	err := fs.WalkDir(samples, string(o.Kind), func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := samples.ReadFile(path)
		if err != nil {
			return err
		}
		content = []byte(rename.Replace(string(content)))
		if strings.HasSuffix(path, ".go") {
			// Imports and aligned comments move with the names.
			if content, err = format.Source(content); err != nil {
				return fmt.Errorf("writing %s: %w", path, err)
			}
		}
		files[strings.TrimPrefix(path, string(o.Kind)+"/")] = bytes.TrimLeft(content, "\n")
		return nil
	})
	return files, err
}

// claim makes the folder. One that holds something is somebody's work.
func claim(dir string) error {
	entries, err := os.ReadDir(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return fault.Invalid(CodeFolder, "dir", dir+" is not a folder").Wrap(err).WithRemedy("choose another folder with --dir")
	case len(entries) > 0:
		return fault.Invalid(CodeFolder, "dir", dir+" is not empty").WithRemedy("choose another folder with --dir")
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("making the folder: %w", err)
	}
	return nil
}

func write(path string, content []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, content, 0o644)
}
