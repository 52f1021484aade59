package upstream

import (
	"net/http"
	"strings"
	"unicode"

	"github.com/kvitt/kvitt/core/fault"
)

// Said is what a remote system says when it refuses.
type Said struct {
	// Code is its own code of what is wrong, as text.
	Code string
	// Message are its words for people. They are shown, so it is left empty where
	// they may name a person.
	Message string
	// Trace is the id by which its support finds the request.
	Trace string
}

// Meaning is what a code, a phrase or a status of a remote system says to the hub.
// What is empty stays as the status alone says it.
type Meaning struct {
	Code   fault.Code
	Class  fault.Class
	Remedy string
	// Failed says that the remote system failed, whatever its status blames: what a
	// write has done stays open. Code and Class are not looked at.
	Failed bool
}

// Refusals is a table of what a remote system says when it refuses. Its Classify
// is what Config.Classify asks for:
//
//   - A status that limits calls, redirects or tells of a failure (429, 3xx, 5xx)
//     always counts by itself: no code proves that a request did nothing.
//   - A status that denies access (401, 403) gives way to codes that say which
//     access is missing, and to nothing else.
//   - Else the code counts, then the words, then the status.
type Refusals struct {
	// Read takes out of an answer what the remote system says. It gets answers of
	// every content type and must take pages of proxies for silence.
	Read func(Answer) Said
	// Codes are the meanings of codes that are known.
	Codes map[string]Meaning
	// Phrases are looked for, in their order and in any case, in the words of a
	// refusal whose code is not known.
	Phrases []Phrase
	// Unknown are the meanings of codes that nobody has listed, by status; that of
	// status 0 counts for all others.
	Unknown map[int]Meaning
	// Statuses are the meanings of statuses that differ from the usual ones.
	Statuses map[int]Meaning
	// Trace is what the remote system calls the id of a request ("X-Uid").
	Trace string
	// GoodToo says that refusals come with good statuses as well.
	GoodToo bool
}

// Phrase is a meaning that only words tell.
type Phrase struct {
	// Contains is in lower case.
	Contains string
	Meaning  Meaning
}

// Classify tells the fault of an answer, nil for a good one.
func (r Refusals) Classify(req Request, answer Answer) *fault.Error {
	byStatus := Classify(req, answer)
	if byStatus == nil && !r.GoodToo {
		return nil
	}
	var said Said
	if r.Read != nil {
		said = r.Read(answer)
	}
	said = Said{Code: identifier(said.Code), Message: tidy(said.Message), Trace: identifier(said.Trace)}
	if byStatus == nil {
		if said.Code == "" {
			return nil
		}
		byStatus = fault.New(CodeRefused, fault.Validation, "the remote system refused the request").From(fault.Upstream)
	}
	f := r.meaning(said, byStatus, answer.Status).applied(byStatus, req)
	f.Reason = byStatus.Reason + r.quoted(said)
	return f
}

func (r Refusals) meaning(said Said, byStatus *fault.Error, status int) Meaning {
	if status == http.StatusTooManyRequests || status >= http.StatusInternalServerError || status < http.StatusOK ||
		status >= http.StatusMultipleChoices && status < http.StatusBadRequest {
		return Meaning{}
	}
	known, listed := r.Codes[said.Code]
	if byStatus.Class == fault.Auth {
		if listed && known.Class == fault.Auth {
			return known
		}
		return r.Statuses[status]
	}
	if listed && said.Code != "" {
		return known
	}
	for _, phrase := range r.Phrases {
		if strings.Contains(strings.ToLower(said.Message), phrase.Contains) {
			return phrase.Meaning
		}
	}
	if said.Code != "" {
		for _, at := range []int{status, 0} {
			if m, found := r.Unknown[at]; found {
				return m
			}
		}
	}
	return r.Statuses[status]
}

func (m Meaning) applied(byStatus *fault.Error, req Request) *fault.Error {
	f := *byStatus
	if m.Failed {
		m.Code, m.Class = CodeServerError, openClass(req)
	}
	if m.Code != "" {
		f.Code, f.Remedy = m.Code, ""
	}
	if m.Class != "" {
		f.Class = m.Class
	}
	if m.Remedy != "" {
		f.Remedy = m.Remedy
	}
	return &f
}

// quoted joins the remote system's own words to a reason.
func (r Refusals) quoted(said Said) string {
	var told []string
	if said.Message != "" {
		told = append(told, "\""+said.Message+"\"")
	}
	if said.Code != "" {
		told = append(told, "code "+said.Code)
	}
	if said.Trace != "" && r.Trace != "" {
		told = append(told, r.Trace+" "+said.Trace)
	}
	if len(told) == 0 {
		return ""
	}
	return ": " + strings.Join(told, ", ")
}

// tidy makes a foreign text fit for a reason: one line of bounded length, without
// a final stop.
func tidy(text string) string {
	const longest = 300
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == '"' {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, " "))
	text = strings.TrimSuffix(strings.TrimSpace(text), ".")
	if runes := []rune(text); len(runes) > longest {
		text = string(runes[:longest]) + "…"
	}
	return text
}

// identifier lets through what looks like a code or an id and nothing else.
func identifier(text string) string {
	const longest = 64
	odd := func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && !strings.ContainsRune("-_.:/", r)
	}
	if len(text) > longest || strings.ContainsFunc(text, odd) {
		return ""
	}
	return text
}
