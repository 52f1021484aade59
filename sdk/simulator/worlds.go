package simulator

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// worldsPrefix is the path below which the controls of every world are found: those
// of the second one below /_sim/worlds/2/. The first one's stand below /_sim/ as well.
const worldsPrefix = controlPrefix + "worlds/"

// Claim reports whether a request carries the credentials of a world. It reads head
// and address alone, since the body belongs to the handler.
type Claim func(r *http.Request) bool

// world is one merchant's: state, credentials, limits, clock, log and faults are its
// own.
type world struct {
	claims  Claim
	handler http.Handler
}

// worlds serves several of them behind one address, as a remote system does. What
// none claims goes to the first, which refuses it as it would alone.
type worlds []world

func (w worlds) ServeHTTP(answer http.ResponseWriter, r *http.Request) {
	if number, rest, ok := numbered(r.URL.Path); ok {
		if number < 1 || number > len(w) {
			writeJSON(answer, http.StatusNotFound, map[string]string{"error": "there is no such world"})
			return
		}
		w[number-1].handler.ServeHTTP(answer, readdressed(r, rest))
		return
	}
	w.meant(r).ServeHTTP(answer, r)
}

func (w worlds) meant(r *http.Request) http.Handler {
	if !strings.HasPrefix(r.URL.Path, controlPrefix) {
		for _, one := range w {
			if one.claims(r) {
				return one.handler
			}
		}
	}
	return w[0].handler
}

// numbered splits the path of a world's control into its number and the path that it
// has when the world is alone.
func numbered(path string) (number int, rest string, ok bool) {
	below, ok := strings.CutPrefix(path, worldsPrefix)
	if !ok {
		return 0, "", false
	}
	text, rest, _ := strings.Cut(below, "/")
	number, err := strconv.Atoi(text)
	if err != nil {
		return 0, "", true
	}
	return number, controlPrefix + rest, true
}

func readdressed(r *http.Request, path string) *http.Request {
	other := r.Clone(r.Context())
	other.URL = &url.URL{Path: path, RawQuery: r.URL.RawQuery}
	return other
}
