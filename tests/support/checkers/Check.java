import java.nio.file.Path;
import java.util.TreeMap;
import org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider;
import org.verapdf.pdfa.Foundries;
import org.verapdf.pdfa.flavours.PDFAFlavour;
import org.verapdf.pdfa.results.TestAssertion;

/** Prints what veraPDF finds wrong with PDFs, a line per broken rule: file, flavour, rule, how often, its words. */
class Check {
    /** Arguments: flavours, divided by commas (ua1,3a), then files. */
    public static void main(String[] arguments) throws Exception {
        VeraGreenfieldFoundryProvider.initialise();
        for (int at = 1; at < arguments.length; at++) {
            for (String flavour : arguments[0].split(",")) {
                check(Path.of(arguments[at]), flavour);
            }
        }
    }

    static void check(Path file, String name) throws Exception {
        var flavour = PDFAFlavour.byFlavourId(name);
        var times = new TreeMap<String, Integer>();
        var words = new TreeMap<String, String>();
        try (var parser = Foundries.defaultInstance().createParser(file.toFile(), flavour);
                var validator = Foundries.defaultInstance().createValidator(flavour, false)) {
            var result = validator.validate(parser);
            for (var found : result.getTestAssertions()) {
                if (found.getStatus() == TestAssertion.Status.FAILED) {
                    var rule = found.getRuleId().getClause() + "-" + found.getRuleId().getTestNumber();
                    times.merge(rule, 1, Integer::sum);
                    words.putIfAbsent(rule, found.getMessage());
                }
            }
            var verdict = result.isCompliant() ? "passes" : "fails";
            System.out.println(String.join("\t", file.getFileName().toString(), name, verdict));
        }
        times.forEach((rule, often) -> System.out.println(
                String.join("\t", file.getFileName().toString(), name, rule, often.toString(), words.get(rule))));
    }
}
