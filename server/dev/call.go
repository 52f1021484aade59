package dev

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/ports"
	pb "github.com/kvitt/kvitt/sdk/connectorpb"
	"github.com/kvitt/kvitt/sdk/wire"
)

// Faults of calls by hand.
const (
	// CodeMethod: the connector has no such method.
	CodeMethod fault.Code = "dev.method_unknown"
	// CodeRequest: the request is not the JSON of its message.
	CodeRequest fault.Code = "dev.request_invalid"
	// CodeNoPlan: the call would go to the real remote system, for which nobody asked.
	CodeNoPlan fault.Code = "dev.plan_missing"
)

// Call makes one call of a method, with a request in the JSON form of its message
// in the protocol, and prints the answer in the same form. What the request does
// not say of the connection and the grant, the stage does. Credentials do not
// appear in the answer. Without a plan only a live stage is called for more than the
// connector itself knows.
func Call(ctx context.Context, stage *Stage, running *Running, name, request string, out io.Writer) error {
	about := running.Connector.Describe()
	m, ok := method(about, name)
	if !ok {
		return fault.New(CodeMethod, fault.Validation, fmt.Sprintf("%s %s has no method %q", about.ID, about.Version, name)).
			WithRemedy("it has: " + strings.Join(Methods(about), ", "))
	}
	in, err := message(m.Input())
	if err != nil {
		return err
	}
	if err := readRequest(request, in); err != nil {
		return err
	}
	if err := complete(ctx, stage, about, m, in); err != nil {
		return err
	}
	answer, err := message(m.Output())
	if err != nil {
		return err
	}
	path := "/" + string(m.Parent().FullName()) + "/" + string(m.Name())
	if err := running.Connector.Conn().Invoke(ctx, path, in, answer); err != nil {
		return withoutSecrets(wire.FromStatus(err), stage.Secrets())
	}
	return showAnswer(out, answer, stage.Secrets())
}

// message makes an empty message of the protocol.
func message(d protoreflect.MessageDescriptor) (proto.Message, error) {
	kind, err := protoregistry.GlobalTypes.FindMessageByName(d.FullName())
	if err != nil {
		return nil, fmt.Errorf("making a %s: %w", d.Name(), err)
	}
	return kind.New().Interface(), nil
}

// readRequest reads the JSON form of a message. Its error names the field.
func readRequest(text string, into proto.Message) error {
	if strings.TrimSpace(text) == "" {
		return nil
	}
	err := protojson.Unmarshal([]byte(text), into)
	if err == nil {
		return nil
	}
	// "proto: (line 1:2): unknown field "x"": the library's space is no blank.
	reason := strings.TrimSpace(strings.TrimPrefix(strings.ReplaceAll(err.Error(), "\u00a0", " "), "proto: "))
	return fault.Invalid(CodeRequest, fieldOf(text, reason), reason).
		WithRemedy("write the request as the JSON of " + string(into.ProtoReflect().Descriptor().Name()) + ", whose fields are: " + fieldNames(into))
}

var (
	namedField = regexp.MustCompile(`field "?([A-Za-z0-9_.]+)`)
	place      = regexp.MustCompile(`\(line (\d+):(\d+)\)`)
	key        = regexp.MustCompile(`"([^"]+)"\s*:`)
)

// fieldOf gives the field that the reason names, or else the one whose value
// stands where it points.
func fieldOf(text, reason string) string {
	if found := namedField.FindStringSubmatch(reason); found != nil {
		return found[1]
	}
	found := place.FindStringSubmatch(reason)
	if found == nil {
		return ""
	}
	line, _ := strconv.Atoi(found[1]) // digits
	column, _ := strconv.Atoi(found[2])
	lines := strings.SplitAfter(text, "\n")
	if line < 1 || line > len(lines) {
		return ""
	}
	until := strings.Join(lines[:line-1], "") + lines[line-1][:min(max(column-1, 0), len(lines[line-1]))]
	if keys := key.FindAllStringSubmatch(until, -1); len(keys) > 0 {
		return keys[len(keys)-1][1]
	}
	return ""
}

func fieldNames(of proto.Message) string {
	fields := of.ProtoReflect().Descriptor().Fields()
	var names []string
	for i := range fields.Len() {
		names = append(names, string(fields.Get(i).Name()))
	}
	return strings.Join(names, ", ")
}

// complete adds connection and grant to a request that does not have them, and the
// plan's days.
func complete(ctx context.Context, stage *Stage, about ports.Description, m protoreflect.MethodDescriptor, in proto.Message) error {
	stage.date(in)
	field := m.Input().Fields().ByName("call")
	if field == nil { // the connector answers it by itself
		return nil
	}
	if !stage.planned && !stage.live {
		return fault.New(CodeNoPlan, fault.Validation, "without a conformance plan this call would go to the real remote system").
			WithRemedy("name a plan with --plan, or mean it with --live, where a write is real")
	}
	if in.ProtoReflect().Has(field) {
		stage.redirect(in)
		return nil
	}
	call, err := stage.Call(ctx, about, string(m.Name()))
	if err != nil {
		return err
	}
	in.ProtoReflect().Set(field, protoreflect.ValueOfMessage((&pb.Call{
		Connection: &pb.Connection{
			Id: call.Connection.ID, Settings: call.Connection.Settings, Credentials: call.Connection.Credentials, Hosts: call.Connection.Hosts,
		},
		Grant: int32(call.Grant), //nolint:gosec // small
	}).ProtoReflect()))
	return nil
}

// redirect sees that a call whose connection the author has written still goes to the
// simulator, unless its hosts are written as well.
func (s *Stage) redirect(in proto.Message) {
	request, ok := in.(interface{ GetCall() *pb.Call })
	if !ok || len(s.hosts) == 0 {
		return
	}
	call := request.GetCall()
	if call.GetConnection() == nil {
		call.Connection = &pb.Connection{}
	}
	if len(call.Connection.GetHosts()) == 0 {
		call.Connection.Hosts = s.hosts
	}
}

func withoutSecrets(err error, secrets []string) error {
	f := fault.Of(err)
	if f == nil {
		return errors.New(Redact(err.Error(), secrets))
	}
	clean := *f
	clean.Reason, clean.Remedy = Redact(clean.Reason, secrets), Redact(clean.Remedy, secrets)
	return &clean
}

func showAnswer(out io.Writer, answer proto.Message, secrets []string) error {
	text, err := protojson.Marshal(answer)
	if err != nil {
		return fmt.Errorf("writing the answer: %w", err)
	}
	decoder := json.NewDecoder(strings.NewReader(string(text)))
	decoder.UseNumber()
	var tree map[string]any
	if err := decoder.Decode(&tree); err != nil {
		return fmt.Errorf("writing the answer: %w", err)
	}
	readable(answer.ProtoReflect(), tree)
	var pretty strings.Builder
	encoder := json.NewEncoder(&pretty)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false) // the output is read by people and programs, not by browsers
	if err := encoder.Encode(tree); err != nil {
		return fmt.Errorf("writing the answer: %w", err)
	}
	_, err = io.WriteString(out, Redact(pretty.String(), secrets))
	return err
}
