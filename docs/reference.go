package docs

import (
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/kvitt/kvitt/core/invoice"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/sdk/wire"
)

const referenceFile = "docs/connectors/reference.md"

// Reference gives docs/connectors/reference.md with its tables written anew; for
// set see Protocol.
func Reference(root fs.FS, set []byte) ([]byte, error) {
	files, err := readProtocol(set)
	if err != nil {
		return nil, err
	}
	parts := map[string]string{"kinds": kindsTable(), "references": referencesTable(), "limits": limitsTable()}
	for name, write := range map[string]func() (string, error){
		"capabilities": func() (string, error) { return capabilitiesTable(root, files) },
		"methods":      func() (string, error) { return methodsTables(root) },
		"classes":      func() (string, error) { return constantsTable(root, "core/fault", "Class", "class") },
		"sources":      func() (string, error) { return constantsTable(root, "core/fault", "Source", "source") },
		"recoveries":   func() (string, error) { return constantsTable(root, "ports", "Recovery", "recovery") },
		"outcomes":     func() (string, error) { return constantsTable(root, "ports", "Outcome", "outcome") },
		"codes":        func() (string, error) { return codesTable(root) },
	} {
		if parts[name], err = write(); err != nil {
			return nil, fmt.Errorf("generating %s: %w", name, err)
		}
	}
	return fill(root, referenceFile, parts)
}

// interfacesOf names the interfaces of a capability, as its comment lists them.
func interfacesOf(capability constant) []string { return strings.Split(capability.meaning, " and ") }

// capabilitiesTable joins the constants to the interfaces and to the services. It
// fails if one of the three lacks its counterpart.
func capabilitiesTable(root fs.FS, files []protoreflect.FileDescriptor) (string, error) {
	services := map[string]string{}
	for _, file := range files {
		for i := range file.Services().Len() {
			service := file.Services().Get(i)
			services[capabilityOf(service)] = "[" + string(service.Name()) + "](protocol.md#" + strings.ToLower(string(service.Name())) + ")"
		}
	}
	capabilities, err := constants(root, "ports", "Capability")
	if err != nil {
		return "", err
	}
	known, err := contracts(root)
	if err != nil {
		return "", err
	}
	var rows [][]string
	for _, c := range capabilities {
		var interfaces, methods []string
		for _, name := range interfacesOf(c) {
			if _, ok := known[name]; !ok {
				return "", fmt.Errorf("%s: there is no interface ports.%s", c.name, name)
			}
			interfaces = append(interfaces, "[`"+name+"`](#"+strings.ToLower(name)+")")
			for _, m := range known[name].methods {
				methods = append(methods, code(m.name))
			}
		}
		if services[c.value] == "" {
			return "", fmt.Errorf("no service of the protocol is the capability %s", c.value)
		}
		rows = append(rows, []string{code(c.value), strings.Join(interfaces, ", "), strings.Join(methods, ", "), services[c.value]})
	}
	return table([]string{"capability", "Go interfaces", "methods", "gRPC service"}, "llll", rows), nil
}

func methodsTables(root fs.FS) (string, error) {
	capabilities, err := constants(root, "ports", "Capability")
	if err != nil {
		return "", err
	}
	known, err := contracts(root)
	if err != nil {
		return "", err
	}
	order := []string{"Connector"}
	for _, c := range capabilities {
		order = append(order, interfacesOf(c)...)
	}
	var b strings.Builder
	for _, name := range order {
		fmt.Fprintf(&b, "### %s\n\n%s\n\n", name, known[name].meaning)
		var rows [][]string
		for _, m := range known[name].methods {
			rows = append(rows, []string{code(m.name), m.meaning})
		}
		b.WriteString(table([]string{"method", "contract"}, "ll", rows) + "\n")
	}
	return strings.TrimSuffix(b.String(), "\n"), nil
}

func constantsTable(root fs.FS, folder, typeName, head string) (string, error) {
	all, err := constants(root, folder, typeName)
	if err != nil {
		return "", err
	}
	var rows [][]string
	for _, c := range all {
		value := code(c.value)
		if value == "" {
			value = "none"
		}
		rows = append(rows, []string{value, code(folder[strings.LastIndexByte(folder, '/')+1:] + "." + c.name), c.meaning})
	}
	return table([]string{head, "in Go", "meaning"}, "lll", rows), nil
}

// codesTable lists the codes that a connector's author meets: those that the kit
// raises, and those of the nouns that belong to connectors.
func codesTable(root fs.FS) (string, error) {
	folders, err := kitFolders(root)
	if err != nil {
		return "", err
	}
	var rows [][]string
	for _, folder := range append([]string{"core/money", "core/payout", "ports"}, folders...) {
		found, err := constants(root, folder, "fault.Code")
		if err != nil {
			return "", err
		}
		for _, c := range found {
			// Of package ports only what a connector itself raises; the rest is the store's.
			if folder == "ports" && c.name != "CodeGrantExhausted" {
				continue
			}
			goName := folder[strings.LastIndexByte(folder, '/')+1:] + "." + c.name
			rows = append(rows, []string{code(c.value), code(goName), c.meaning})
		}
	}
	slices.SortFunc(rows, func(a, b []string) int { return strings.Compare(a[0], b[0]) })
	return table([]string{"code", "in Go", "meaning"}, "lll", rows), nil
}

// kitFolders gives the packages that a connector is made of, but what only tests use.
func kitFolders(root fs.FS) ([]string, error) {
	var folders []string
	err := fs.WalkDir(root, "sdk", func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil || !entry.IsDir():
			return err
		case strings.HasSuffix(path, "test"), slices.Contains([]string{"sdk/simulator", "sdk/conformance", "sdk/typescript"}, path):
			return fs.SkipDir
		}
		folders = append(folders, path)
		return nil
	})
	return folders, err
}

// kindsTable asks the rules themselves: which signs a line of each kind may have, and
// which term of the proof it goes to.
func kindsTable() string {
	var rows [][]string
	for _, kind := range payout.Kinds() {
		document := ""
		if kind.NeedsDocument() {
			document = "yes"
		}
		rows = append(rows, []string{code(string(kind)), "`LINE_KIND_" + strings.ToUpper(string(kind)) + "`", signsOf(kind), termOf(kind), document})
	}
	return table([]string{"kind", "in the protocol", "gross may be", "term of the proof", "matched to a document"}, "lllll", rows)
}

func signsOf(kind payout.Kind) string {
	var signs []string
	for _, try := range []struct {
		sign  string
		minor int64
	}{{"+", 100}, {"0", 0}, {"−", -100}} {
		line := payout.Line{Key: "k", Kind: kind, Gross: money.New(try.minor, "SEK")}
		if line.Validate() == nil {
			signs = append(signs, try.sign)
		}
	}
	return strings.Join(signs, " ")
}

// termOf proves a payout of one line and looks where it went.
func termOf(kind payout.Kind) string {
	one := money.New(100, "SEK")
	sum := payout.KindSum{Kind: kind, Lines: 1, Gross: one}
	if kind == payout.Fee { // it has no gross
		sum.Gross, sum.FeeExVAT = money.Zero("SEK"), one.Neg()
	}
	proof, err := payout.Prove(payout.Payout{Net: one}, []payout.KindSum{sum})
	if err != nil {
		return ""
	}
	switch one {
	case proof.Gross:
		return "gross"
	case proof.Refunds:
		return "refunds"
	case proof.Fees:
		return "fees"
	case proof.Reserves:
		return "reserves"
	}
	return "other"
}

func referencesTable() string {
	rows := [][]string{{"lines of payouts", listed(payout.References())}, {"documents", listed(invoice.References())}}
	return table([]string{"of", "names"}, "ll", rows)
}

func listed[T ~string](names []T) string {
	var all []string
	for _, name := range names {
		all = append(all, code(string(name)))
	}
	return strings.Join(all, ", ")
}

func limitsTable() string {
	size := func(bytes int) string { return strconv.Itoa(bytes>>20) + " MiB" }
	return table([]string{"limit", "value", "in Go"}, "lrl", [][]string{
		{"a request or an answer", size(wire.MaxMessage), "`wire.MaxMessage`"},
		{"items on a page", strconv.Itoa(wire.MaxItems), "`wire.MaxItems`"},
		{"a page without its raw pages, a piece of the books", size(wire.MaxItemBytes), "`wire.MaxItemBytes`"},
		{"the raw pages of one answer together", size(wire.MaxRawBytes), "`wire.MaxRawBytes`"},
	})
}
