// The words of figures, `#` for the people of a side; by `make contracts` from ledger/book/figure_names.py.

export const FIGURES = {
  "taken": "# taken",
  "held": "# held, alive or dead",
  "released": "# freed",
  "deal": "# counted in the deal",
  "outside": "# freed beside the deal",
  "unsaid": "# freed of whom nobody says whether the deal counts them",
  "nationals": "# freed, own nationals",
  "others": "# freed of other nationalities",
  "credited_in": "# of another round counted in this one",
  "credited_out": "# counted in another round",
  "rescued": "# rescued",
  "escaped": "# escaped",
  "transferred": "# transferred to the custody of others",
  "retaken": "# taken again",
  "died": "# who died",
  "died_free": "# who died after they were freed",
  "freed": "# freed, rescued or escaped",
  "nationals_back": "# who are back, alive or dead, own nationals",
  "returned": "# freed or returned dead",
  "returned_nationals": "# freed or returned dead, own nationals",
  "remains.held": "remains of # held",
  "remains.returned": "remains of # returned",
  "remains.recovered": "remains of # recovered",
  "remains.back": "remains of # returned or recovered",
  "remains.rejected": "remains rejected as those of #",
  "remains.unidentified": "remains received as those of # and not identified",
  "remains.received": "remains received as those of #",
  "remains.identified": "remains received as those of # and examined",
  "remains.nationals": "remains of # returned, own nationals",
  "both.released": "captives and prisoners freed"
};

export const ROWS = {
  "taken": "taken",
  "held": "held, alive or dead",
  "released": "freed",
  "deal": "counted in the deal",
  "outside": "beside the deal",
  "unsaid": "nobody says which of both",
  "nationals": "own nationals",
  "others": "of other nationalities",
  "credited_in": "counted from another round",
  "credited_out": "counted in another round",
  "rescued": "rescued",
  "escaped": "escaped",
  "transferred": "in the custody of others",
  "retaken": "taken again",
  "died": "died",
  "died_free": "died after they were freed",
  "remains.held": "remains held",
  "remains.returned": "remains returned",
  "remains.recovered": "remains recovered",
  "remains.rejected": "remains rejected",
  "remains.unidentified": "remains not identified"
};

export const RATIOS = {
  "deal": {
    "by": "by the deal’s own count",
    "head": "Deal"
  },
  "nationals": {
    "by": "to own nationals",
    "head": "Own"
  },
  "all": {
    "by": "of everyone freed",
    "head": "All"
  },
  "remains": {
    "by": "of remains returned",
    "head": "Remains"
  },
  "returned": {
    "by": "of all who came back, alive or dead",
    "head": "Back"
  }
};

export const LEGS = {
  "captives": "captives",
  "prisoners": "prisoners",
  "remains": "remains of captives",
  "prisoner_remains": "remains of prisoners"
};

export const OLDER = {
  "captives.all": "captives.released",
  "prisoners.all": "prisoners.released",
  "prisoners": "prisoners.released",
  "captives.own": "captives.nationals",
  "captives.foreigners": "captives.others",
  "captives.side": "captives.outside",
  "remains.captives": "captives.remains.returned",
  "remains.prisoners": "prisoners.remains.returned",
  "remains.returned": "captives.remains.returned",
  "remains.recovered": "captives.remains.recovered",
  "remains.back": "captives.remains.back",
  "remains.held": "captives.remains.held",
  "remains.rejected": "captives.remains.rejected",
  "remains.given": "prisoners.remains.returned"
};
