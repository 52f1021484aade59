package paging_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/sdk/paging"
)

type state struct {
	Set string `json:"set"`
	paging.Position
}

var documents = paging.Codec[state]{Name: "documents.1"}

func TestACursorComesBackAsItWent(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		at := state{Set: rapid.String().Draw(rt, "set"), Position: paging.Position{Offset: rapid.IntRange(0, 1<<40).Draw(rt, "offset")}}
		cursor, err := documents.Write(at)
		require.NoError(rt, err)
		read, err := documents.Read(cursor, state{})
		require.NoError(rt, err)
		require.Equal(rt, at.Offset, read.Offset)
		require.Equal(rt, strings.ToValidUTF8(at.Set, "�"), read.Set)
	})
}

func TestNoCursorIsTheStart(t *testing.T) {
	t.Parallel()
	at, err := documents.Read("", state{Set: "drafts"})
	require.NoError(t, err)
	require.Equal(t, state{Set: "drafts"}, at)
}

func TestACursorOfSomethingElseIsRefused(t *testing.T) {
	t.Parallel()
	good, err := documents.Write(state{Set: "unpaid", Position: paging.Position{Offset: 7}})
	require.NoError(t, err)
	require.Equal(t, `documents.1:7d9e514b:{"set":"unpaid","offset":7}`, good)
	other, err := paging.Codec[state]{Name: "documents.2"}.Write(state{})
	require.NoError(t, err)
	senseless, err := documents.Write(state{Position: paging.Position{Offset: -1}})
	require.NoError(t, err)
	for name, cursor := range map[string]string{
		"of another version": other, "of nobody": "x", "cut": good[:len(good)-1], "changed": strings.Replace(good, "7", "8", 1),
		"without a checksum": `documents.1:{"set":"unpaid"}`, "that makes no sense": senseless, "that is too long": good + strings.Repeat(" ", paging.MaxCursor),
	} {
		_, err := documents.Read(cursor, state{})
		require.Equal(t, paging.CodeCursor, fault.CodeOf(err), name)
		require.Equal(t, fault.Validation, fault.ClassOf(err), name)
		require.Equal(t, "cursor", fault.Of(err).Field, name)
	}
}

func TestACursorThatTheProtocolCannotCarryIsNotWritten(t *testing.T) {
	t.Parallel()
	_, err := documents.Write(state{Set: strings.Repeat("x", paging.MaxCursor)})
	require.Equal(t, paging.CodeCursor, fault.CodeOf(err))
	_, err = paging.Codec[func()]{Name: "f.1"}.Write(func() {})
	require.Equal(t, paging.CodeCursor, fault.CodeOf(err))
}

func FuzzCursor(f *testing.F) {
	good, _ := documents.Write(state{Set: "unpaid"})
	for _, seed := range []string{"", good, "documents.1:", "documents.1:00000000:", "documents.1:2144df1c:null"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, cursor string) {
		at, err := documents.Read(cursor, state{})
		if err == nil && !at.Valid() {
			t.Fatal("a position that cannot be one")
		}
	})
}
