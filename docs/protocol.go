package docs

import (
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
)

const (
	protocolFile    = "docs/connectors/protocol.md"
	protocolPackage = "kvitt.connector.v1"
)

// Protocol gives docs/connectors/protocol.md with its tables written anew. Set is
// sdk/proto as a FileDescriptorSet with comments, as buf builds it.
func Protocol(root fs.FS, set []byte) ([]byte, error) {
	files, err := readProtocol(set)
	if err != nil {
		return nil, err
	}
	var b strings.Builder
	for _, file := range files {
		describeFile(&b, file)
	}
	return fill(root, protocolFile, map[string]string{"services": servicesTable(files), "reference": b.String()})
}

// readProtocol gives the files of the protocol: what every connector serves first,
// the rest by name.
func readProtocol(set []byte) ([]protoreflect.FileDescriptor, error) {
	message := &descriptorpb.FileDescriptorSet{}
	if err := proto.Unmarshal(set, message); err != nil {
		return nil, fmt.Errorf("reading the protocol: %w", err)
	}
	registry, err := protodesc.NewFiles(message)
	if err != nil {
		return nil, fmt.Errorf("reading the protocol: %w", err)
	}
	var files []protoreflect.FileDescriptor
	registry.RangeFilesByPackage(protocolPackage, func(file protoreflect.FileDescriptor) bool {
		files = append(files, file)
		return true
	})
	first := []string{"connector", "description", "common"}
	rank := func(file protoreflect.FileDescriptor) string {
		name := fileName(file)
		if at := slices.Index(first, name); at >= 0 {
			return fmt.Sprint(at)
		}
		return name
	}
	slices.SortFunc(files, func(a, b protoreflect.FileDescriptor) int { return strings.Compare(rank(a), rank(b)) })
	return files, nil
}

func fileName(file protoreflect.FileDescriptor) string {
	path := strings.Split(file.Path(), "/")
	return strings.TrimSuffix(path[len(path)-1], ".proto")
}

// capability finds in a service's comment which capability it is.
var capability = regexp.MustCompile(`is the capability ([a-z]+\.[a-z_]+)`)

func capabilityOf(service protoreflect.ServiceDescriptor) string {
	if found := capability.FindStringSubmatch(comment(service)); found != nil {
		return found[1]
	}
	return ""
}

func servicesTable(files []protoreflect.FileDescriptor) string {
	var rows [][]string
	for _, file := range files {
		for i := range file.Services().Len() {
			service := file.Services().Get(i)
			var methods []string
			for j := range service.Methods().Len() {
				methods = append(methods, code(string(service.Methods().Get(j).Name())))
			}
			has := code(capabilityOf(service))
			if has == "" {
				has = "every connector"
			}
			rows = append(rows, []string{link(service), has, strings.Join(methods, ", ")})
		}
	}
	return table([]string{"service", "capability", "methods"}, "lll", rows)
}

func describeFile(b *strings.Builder, file protoreflect.FileDescriptor) {
	fmt.Fprintf(b, "### %s.proto\n\n", fileName(file))
	for i := range file.Services().Len() {
		describeService(b, file.Services().Get(i))
	}
	for i := range file.Messages().Len() {
		describeMessage(b, file.Messages().Get(i))
	}
	for i := range file.Enums().Len() {
		describeEnum(b, file.Enums().Get(i))
	}
}

func describeService(b *strings.Builder, service protoreflect.ServiceDescriptor) {
	head(b, service)
	var rows [][]string
	for i := range service.Methods().Len() {
		m := service.Methods().Get(i)
		rows = append(rows, []string{code(string(m.Name())), link(m.Input()) + " → " + link(m.Output()), inline(comment(m))})
	}
	b.WriteString(table([]string{"method", "messages", "meaning"}, "lll", rows) + "\n")
}

func describeMessage(b *strings.Builder, message protoreflect.MessageDescriptor) {
	head(b, message)
	if message.Fields().Len() == 0 {
		b.WriteString("No fields.\n\n")
		return
	}
	var rows [][]string
	for i := range message.Fields().Len() {
		f := message.Fields().Get(i)
		rows = append(rows, []string{code(string(f.Name())), fmt.Sprint(f.Number()), fieldType(f), inline(comment(f))})
	}
	b.WriteString(table([]string{"field", "no.", "type", "meaning"}, "lrll", rows) + "\n")
}

func describeEnum(b *strings.Builder, enum protoreflect.EnumDescriptor) {
	head(b, enum)
	var rows [][]string
	for i := range enum.Values().Len() {
		v := enum.Values().Get(i)
		rows = append(rows, []string{code(string(v.Name())), fmt.Sprint(v.Number()), inline(comment(v))})
	}
	b.WriteString(table([]string{"value", "no.", "meaning"}, "lrl", rows) + "\n")
}

func head(b *strings.Builder, d protoreflect.Descriptor) {
	fmt.Fprintf(b, "#### %s\n\n", d.Name())
	if text := comment(d); text != "" {
		b.WriteString(paragraphs(text) + "\n")
	}
}

func fieldType(f protoreflect.FieldDescriptor) string {
	switch {
	case f.IsMap():
		return "map of " + fieldType(f.MapKey()) + " to " + fieldType(f.MapValue())
	case f.IsList():
		return "list of " + elementType(f)
	}
	return elementType(f)
}

func elementType(f protoreflect.FieldDescriptor) string {
	switch {
	case f.Message() != nil:
		return link(f.Message())
	case f.Enum() != nil:
		return link(f.Enum())
	}
	return f.Kind().String()
}

// link leads to the section of a name of the protocol itself.
func link(d protoreflect.Descriptor) string {
	if d.ParentFile().Package() != protocolPackage {
		return code(string(d.FullName()))
	}
	return "[" + string(d.Name()) + "](#" + strings.ToLower(string(d.Name())) + ")"
}

// comment gives what stands above a declaration, without the margin.
func comment(d protoreflect.Descriptor) string {
	lines := strings.Split(d.ParentFile().SourceLocations().ByDescriptor(d).LeadingComments, "\n")
	for i := range lines {
		lines[i] = strings.TrimPrefix(strings.TrimRight(lines[i], " "), " ")
	}
	return strings.TrimSpace(strings.Join(lines, "\n"))
}

// aligned marks lines that are set in columns.
var aligned = regexp.MustCompile(`(?m)^  \S|\S {3,}\S`)

// paragraphs keeps the paragraphs of a comment and shows columns as they are.
func paragraphs(text string) string {
	var b strings.Builder
	for part := range strings.SplitSeq(text, "\n\n") {
		lead, columns := part, ""
		if aligned.MatchString(part) {
			lead, columns = splitColumns(part)
		}
		if lead != "" {
			b.WriteString(strings.ReplaceAll(lead, "\n", " ") + "\n")
		}
		if columns != "" {
			b.WriteString("\n```text\n" + columns + "\n```\n")
		}
		b.WriteString("\n")
	}
	return strings.TrimLeft(strings.TrimSuffix(b.String(), "\n"), "\n")
}

// splitColumns cuts a paragraph where its columns begin.
func splitColumns(part string) (lead, columns string) {
	lines := strings.Split(part, "\n")
	at := slices.IndexFunc(lines, aligned.MatchString)
	return strings.Join(lines[:at], "\n"), strings.Join(lines[at:], "\n")
}

// inline makes one line of a comment, for a cell of a table.
func inline(text string) string { return strings.Join(strings.Fields(text), " ") }
