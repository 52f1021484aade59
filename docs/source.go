package docs

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"strconv"
	"strings"
)

// constant is a declared constant of a named type, with its comment.
type constant struct{ name, value, meaning string }

// contract is an interface of package ports, with its methods.
type contract struct {
	name, meaning string
	methods       []constant
}

// eachFile gives the syntax of every source of one folder, but tests.
func eachFile(root fs.FS, folder string, fn func(*ast.File)) error {
	entries, err := fs.ReadDir(root, folder)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		name := entry.Name()
		if entry.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			continue
		}
		text, err := fs.ReadFile(root, path.Join(folder, name))
		if err != nil {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, text, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return fmt.Errorf("reading %s: %w", folder, err)
		}
		fn(file)
	}
	return nil
}

// constants gives the text constants of a type in the order of the sources. The
// type is written as the folder's own sources write it: "Class", "fault.Code".
func constants(root fs.FS, folder, typeName string) ([]constant, error) {
	var all []constant
	err := eachFile(root, folder, func(file *ast.File) {
		for _, declaration := range file.Decls {
			group, ok := declaration.(*ast.GenDecl)
			if !ok || group.Tok != token.CONST {
				continue
			}
			for _, s := range group.Specs {
				spec, ok := s.(*ast.ValueSpec)
				if !ok || typeText(spec.Type) != typeName || len(spec.Values) != 1 || !spec.Names[0].IsExported() {
					continue
				}
				literal, ok := spec.Values[0].(*ast.BasicLit)
				if !ok {
					continue
				}
				if value, err := strconv.Unquote(literal.Value); err == nil {
					all = append(all, constant{spec.Names[0].Name, value, meaningOf(spec.Names[0].Name, group, spec)})
				}
			}
		}
	})
	return all, err
}

// meaningOf takes the comment above a constant, beside it, or above a declaration of
// it alone, and drops its name from the beginning.
func meaningOf(name string, group *ast.GenDecl, spec *ast.ValueSpec) string {
	text := spec.Doc.Text()
	if text == "" {
		text = spec.Comment.Text()
	}
	if text == "" && !group.Lparen.IsValid() {
		text = group.Doc.Text()
	}
	text = inline(text)
	for _, lead := range []string{name + ": ", name + " is ", name + " "} {
		if rest, ok := strings.CutPrefix(text, lead); ok {
			text = rest
			break
		}
	}
	if !strings.Contains(text, ". ") { // one sentence in a cell has no stop
		text = strings.TrimSuffix(text, ".")
	}
	return text
}

func typeText(e ast.Expr) string {
	switch t := e.(type) {
	case *ast.Ident:
		return t.Name
	case *ast.SelectorExpr:
		if of, ok := t.X.(*ast.Ident); ok {
			return of.Name + "." + t.Sel.Name
		}
	}
	return ""
}

// contracts gives the interfaces of package ports by name.
func contracts(root fs.FS) (map[string]contract, error) {
	all := map[string]contract{}
	err := eachFile(root, "ports", func(file *ast.File) {
		for _, declaration := range file.Decls {
			group, ok := declaration.(*ast.GenDecl)
			if !ok || group.Tok != token.TYPE {
				continue
			}
			for _, s := range group.Specs {
				spec, ok := s.(*ast.TypeSpec)
				if !ok {
					continue
				}
				if body, ok := spec.Type.(*ast.InterfaceType); ok {
					all[spec.Name.Name] = contract{spec.Name.Name, inline(group.Doc.Text()), methodsOf(body)}
				}
			}
		}
	})
	return all, err
}

func methodsOf(body *ast.InterfaceType) []constant {
	var methods []constant
	for _, field := range body.Methods.List {
		if len(field.Names) == 1 {
			methods = append(methods, constant{name: field.Names[0].Name, meaning: inline(field.Doc.Text())})
		}
	}
	return methods
}
