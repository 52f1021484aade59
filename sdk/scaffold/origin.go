package scaffold

import (
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"

	"github.com/kvitt/kvitt/core/fault"
)

// CodeOrigin: nobody knows which kvitt the new module is to be written against.
const CodeOrigin fault.Code = "scaffold.kvitt_unknown"

// kvitt is the path of this module.
const kvitt = "github.com/kvitt/kvitt"

// Origin is where a new module takes kvitt from: from a checkout on this machine, or
// as a released version.
type Origin struct {
	// Checkout is the folder of a checkout.
	Checkout string
	// Version is a released version ("v0.3.0"). There is one of the two.
	Version string
}

// IsRelease reports whether the text names a version that can have been released, and
// not a commit or a build of somebody's own.
func IsRelease(version string) bool {
	return module.Check(kvitt, version) == nil && !module.IsPseudoVersion(version)
}

// CheckoutOf gives the checkout whose bin folder holds the program, or "".
func CheckoutOf(program string) string {
	root := filepath.Dir(filepath.Dir(program))
	text, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil || modfile.ModulePath(text) != kvitt {
		return ""
	}
	return root
}

// files gives go.mod and, out of a checkout, go.sum. A released version has its sums
// added by "go mod tidy".
func (o Origin) files(path string) (map[string][]byte, error) {
	if o.Checkout != "" && o.Version != "" {
		return nil, fault.Invalid(CodeOrigin, "kvitt", "a module takes kvitt from a checkout or from a release").WithRemedy("name one of the two, --checkout or --kvitt")
	}
	if o.Checkout != "" {
		return o.fromCheckout(path)
	}
	if o.Version != "" && !IsRelease(o.Version) {
		return nil, fault.Invalid(CodeOrigin, "kvitt", fmt.Sprintf("%q is not a released version of kvitt", o.Version)).
			WithRemedy("name one like v0.3.0, or a checkout with --checkout")
	}
	if o.Version == "" {
		return nil, fault.New(CodeOrigin, fault.Validation, "this kvitt was built neither in a checkout nor from a release").
			WithField("kvitt").WithRemedy("name a checkout with --checkout, or a released version with --kvitt")
	}
	mod := new(modfile.File)
	if err := begin(mod, path, "1.26.0"); err != nil {
		return nil, err
	}
	return formatted(mod, mod.AddRequire(kvitt, o.Version))
}

// fromCheckout requires what kvitt requires, so that its sums are all that is needed
// and nothing has to be looked up.
func (o Origin) fromCheckout(path string) (map[string][]byte, error) {
	root, err := filepath.Abs(o.Checkout)
	if err != nil {
		return nil, err
	}
	text, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil || modfile.ModulePath(text) != kvitt {
		return nil, fault.Invalid(CodeOrigin, "checkout", o.Checkout+" is not a checkout of kvitt").Wrap(err)
	}
	own, err := modfile.Parse("go.mod", text, nil)
	if err != nil {
		return nil, fault.Invalid(CodeOrigin, "checkout", "its go.mod cannot be read").Wrap(err)
	}
	sums, err := os.ReadFile(filepath.Join(root, "go.sum"))
	if err != nil {
		return nil, fmt.Errorf("reading the checkout: %w", err)
	}
	mod := new(modfile.File)
	if err := begin(mod, path, own.Go.Version); err != nil {
		return nil, err
	}
	mod.AddNewRequire(kvitt, "v0.0.0", false)
	for _, required := range own.Require {
		mod.AddNewRequire(required.Mod.Path, required.Mod.Version, true)
	}
	files, err := formatted(mod, mod.AddReplace(kvitt, "", root, ""))
	if err != nil {
		return nil, err
	}
	files["go.sum"] = sums
	return files, nil
}

func begin(mod *modfile.File, path, goVersion string) error {
	if err := mod.AddModuleStmt(path); err != nil {
		return err
	}
	return mod.AddGoStmt(goVersion)
}

func formatted(mod *modfile.File, err error) (map[string][]byte, error) {
	if err != nil {
		return nil, err
	}
	mod.SortBlocks()
	mod.Cleanup()
	text, err := mod.Format()
	return map[string][]byte{"go.mod": text}, err
}
